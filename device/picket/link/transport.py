"""TCP and TLS streams on MicroPython: connected without blocking, without Nagle's delay, certificates checked."""

import asyncio
import socket
from errno import EINPROGRESS

from picket import link
from picket.compat import const

# Numbers, because the Unix port does not name them; Linux and lwIP agree.
_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)


def tls_context(ca_path):
    """A context that trusts the CA certificate (DER) in `ca_path` alone. OSError when there is none."""
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    with open(ca_path, "rb") as file:
        try:
            context.load_verify_locations(file.read())
        except ValueError:
            raise OSError("%s: not a certificate in DER" % ca_path)
    return context


def _writable(sock):
    """To be awaited, as MicroPython's own coroutines are. asyncio.open_connection() would wait like this,
    but leave the socket open when it is cancelled."""
    yield asyncio.core._io_queue.queue_write(sock)


async def connect(host, port, context=None):
    """Open a connection; with a context over TLS, for which the certificate must name `host`. Returns (reader, writer).

    The caller sets the time limit by cancelling. OSError when the address is unknown or the connection fails;
    a TLS handshake takes place with the first write, and fails there.
    """
    where = host
    # Without a name server, and for names that are none of its business, the port's own way must do.
    if link.name_server and host != "localhost" and not host.endswith(".local"):
        from picket.link import dns  # takes heap only where it is used

        where = await dns.resolve(host)
    family, kind, protocol, _, address = socket.getaddrinfo(where, port, 0, socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        try:
            sock.connect(address)
        except OSError as e:
            if e.errno != EINPROGRESS:
                raise
        await _writable(sock)
        if context:
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    stream = asyncio.StreamWriter(sock)
    return stream, stream
