"""Download one source distribution through pip's configured index: ``python -m picket_host.vendor_sdist NAME VERSION
FOLDER``.

``pip download`` runs a package's build to learn its dependencies, and refuses a package that has none (umqtt.simple's
has no setup.py). So this takes pip's own finder and downloader, which honour the user's configuration (index, mirrors,
certificates, proxy, credentials), and stops there. pip calls these internal: hence the exact pin of pip in
pyproject.toml, and hence a process of its own. What is downloaded is checked by hash by the caller.
"""

from __future__ import annotations

import sys

from pip._internal.commands import create_command
from pip._internal.network.download import Downloader


def main(name: str, version: str, folder: str) -> int:
    """Put the archive into ``folder`` and print its path; 3 when the index has no such source distribution."""
    command = create_command("download")
    options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", "--quiet"])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for candidate in finder.find_all_candidates(name):
            if str(candidate.version) == version and not candidate.link.is_wheel:
                path, _ = Downloader(session, "off")(candidate.link, folder)
                print(path)
                return 0
    return 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
