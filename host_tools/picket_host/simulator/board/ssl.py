"""The module `ssl` as ESP32 images have it: the built-in `tls`, with certificates given as files where CPython takes
files."""

import tls
from tls import *  # noqa: F403 - the module's own contents are part of this one's
from tls import CERT_NONE, CERT_REQUIRED, PROTOCOL_TLS_CLIENT


def _content(path):
    with open(path, "rb") as f:
        return f.read()


class SSLContext:
    def __init__(self, protocol):
        self._context = tls.SSLContext(protocol)
        # As in CPython: a client checks the server's certificate unless told otherwise.
        self._context.verify_mode = CERT_REQUIRED if protocol == PROTOCOL_TLS_CLIENT else CERT_NONE

    @property
    def verify_mode(self):
        return self._context.verify_mode

    @verify_mode.setter
    def verify_mode(self, mode):
        self._context.verify_mode = mode

    def load_cert_chain(self, certfile, keyfile):
        if isinstance(certfile, str):
            certfile = _content(certfile)
        if isinstance(keyfile, str):
            keyfile = _content(keyfile)
        self._context.load_cert_chain(certfile, keyfile)

    def load_verify_locations(self, cafile=None, cadata=None):
        self._context.load_verify_locations(_content(cafile) if cafile is not None else cadata)

    def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, server_hostname=None):
        return self._context.wrap_socket(
            sock,
            server_side=server_side,
            do_handshake_on_connect=do_handshake_on_connect,
            server_hostname=server_hostname,
        )
