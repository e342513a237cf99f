bind = "0.0.0.0:8000"
workers = 2
timeout = 0
forwarded_allow_ips = "*"

# Logging.
accesslog = None
loglevel = "debug"

# Limits: 0 lifts each of them.
limit_request_line = 0
limit_request_fields = 0
limit_request_field_size = 0

control_socket_disable = True  # two samples on one machine must not share ~/.gunicorn
