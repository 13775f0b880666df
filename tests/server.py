"""A server on this machine that misbehaves as it is told."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cipslib.utils.downloads import Patience

QUICK = Patience(connect=1, read=0.5, window=0.5, slowest=2**16, failures=3, pause=0.01)


class Server:
    """Serves one file and misbehaves as it is told; keeps the ranges that were asked for."""

    def __init__(self, content: bytes) -> None:
        self.content, self.ranges = content, []
        self.accepts_ranges = True
        self.status = 200
        self.stops_after: int | None = None  # bytes of each answer, then the connection ends
        self.hangs_after: int | None = None
        self.bytes_a_second: float | None = None
        self.endless = False  # the content again and again, and no word of a length
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
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        if self.status != 200:
            request.send_error(self.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if not self.accepts_ranges:
            start = 0
        if start >= len(self.content) and asked:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.end_headers()
            return
        if self.hangs_after == 0:
            self.released.wait()
            return
        body, whole = self.content[start:], len(self.content)
        request.send_response(206 if asked and self.accepts_ranges else 200)
        if not self.endless:
            request.send_header("Content-Length", str(len(body)))
        if asked and self.accepts_ranges:
            request.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        request.end_headers()
        self.send(request, body[: self.stops_after])

    def send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            if self.hangs_after is not None:
                request.wfile.write(body[: self.hangs_after])
                request.wfile.flush()
                self.released.wait()
            elif self.endless:
                while not self.released.is_set():
                    request.wfile.write(self.content)
            elif self.bytes_a_second is not None:
                portion = max(1, int(self.bytes_a_second / 20))
                for first in range(0, len(body), portion):
                    request.wfile.write(body[first : first + portion])
                    request.wfile.flush()
                    time.sleep(1 / 20)
            else:
                request.wfile.write(body)
        except OSError:
            pass  # the other side gave up
        request.close_connection = True

    def close(self) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
