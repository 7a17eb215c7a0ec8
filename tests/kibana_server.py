"""The two calls of Kibana's public API that Molva makes, answered as that API states them.

Kibana itself is no package that a test can install; this server refuses what it would refuse.
"""

from __future__ import annotations

import email
import json
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Kibana(ThreadingHTTPServer):
    """Answers the two calls as Kibana's public API states them, and refuses what that would refuse."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.starting = 0
        self.views = {}
        self.objects = {}
        self.errors = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Kibana

    def do_GET(self):
        if self.path == "/api/status":
            self.answer(200, {"status": {"overall": {"level": "available"}}})
        else:
            self.answer(404, {"message": "Not Found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.starting:
            self.server.starting -= 1
            self.answer(503, {"message": "Kibana server is not ready yet"})
        elif not self.headers.get("kbn-xsrf"):
            self.answer(400, {"message": "Request must contain a kbn-xsrf header."})
        elif self.path == "/api/data_views/data_view":
            given = json.loads(body)
            assert given.keys() <= {"data_view", "override"}
            view = given["data_view"]
            if view["id"] in self.server.views and not given.get("override"):
                self.answer(400, {"message": "Duplicate data view"})
                return
            self.server.views[view["id"]] = view
            self.answer(200, {"data_view": view})
        elif self.path == "/api/saved_objects/_import?overwrite=true":
            part = self.file(body)
            assert part.get_filename().endswith(".ndjson")
            taken = [json.loads(line) for line in part.get_payload(decode=True).splitlines()]
            self.server.objects |= {(one["type"], one["id"]): one for one in taken}
            errors = self.server.errors
            self.answer(200, {"success": not errors, "successCount": len(taken), "errors": errors})
        else:
            self.answer(404, {"message": "Not Found"})

    def file(self, body) -> Message:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = email.message_from_bytes(head + body).get_payload()
        assert part.get_param("name", header="content-disposition") == "file"
        return part

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
