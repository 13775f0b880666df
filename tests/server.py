"""A server on this machine that misbehaves as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """Serves one file; counts how often it was asked."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.requests = 0
        self.status = 200
        self.stops_after: int | None = None  # bytes, then the connection ends
        self.hangs = False
        self.released = threading.Event()  # ends what hangs
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/file.bin"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        if self.status != 200:
            request.send_error(self.status)
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(self.content)))
        request.end_headers()
        if self.hangs:
            self.released.wait()
        request.wfile.write(self.content[: self.stops_after])
        request.close_connection = True

    def close(self) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
