"""Asks the application for its product list, as nginx would. Exits 0 when the answer is 200."""

import http.client
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=3)
connection.request("HEAD", "/api/products/", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
sys.exit(connection.getresponse().status != 200)
