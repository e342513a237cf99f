bind = "127.0.0.1:8000"  # nginx shares this loopback; nobody else reaches the application
workers = 2
timeout = 30
graceful_timeout = 10
forwarded_allow_ips = "127.0.0.1"
umask = 0o027

# Logging. The path without its query: that is where tokens end up.
accesslog = "-"
access_log_format = "%(t)s %(h)s %(m)s %(U)s %(s)s %(B)s %(M)sms request=%({x-request-id}o)s"
loglevel = "info"

# Limits on the request head; the body is nginx's business.
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190

control_socket_disable = True
