"""A server that does nothing: what the load reaches against it is the most that it can measure."""

import select
import socket
import sys

BODY = b'{"data":{"one":1}}' + b" " * 232
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def serve() -> None:
    """Answer whatever comes on a connection, one answer for each time something does."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    sys.stdout.write(f"listens on http://{host}:{port}\n")
    sys.stdout.flush()
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    lines: dict[int, socket.socket] = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                line, _ = listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines[line.fileno()] = line
                poll.register(line.fileno(), select.EPOLLIN)
            elif lines[number].recv(65536):
                lines[number].sendall(ANSWER)
            else:
                poll.unregister(number)
                lines.pop(number).close()


if __name__ == "__main__":
    serve()
