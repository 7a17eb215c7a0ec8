"""Fetches archives and jars by Maven coordinates, so that whatever mirror Maven is configured with is used."""

import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tools.servers.places import cache_dir

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>servers</groupId><artifactId>fetch</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>{dependencies}</dependencies>
</project>
"""
_ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"


class Missing(Exception):  # noqa: N818 - it names what is missing, and is no failure of the other servers
    """A program or an archive that a server needs is not here; the message says how to get it."""


def copy(coordinates: Sequence[str], target: Path, *, alone: bool) -> None:
    """Copy artifacts ``group:artifact:version[:type]`` into *target*, with their runtime dependencies unless *alone*.

    Raises:
        Missing: no Maven, or Maven could not fetch one of them.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Maven is not installed (command mvn; Debian: apt-get install maven)")
    target.mkdir(parents=True, exist_ok=True)
    repository = cache_dir() / "m2"
    with tempfile.TemporaryDirectory() as folder:
        pom = Path(folder) / "pom.xml"
        pom.write_text(_POM.format(dependencies="".join(_dependency(c, alone=alone) for c in coordinates)))
        done = subprocess.run(
            [
                maven, "--batch-mode", "--no-transfer-progress", "-f", str(pom), f"-Dmaven.repo.local={repository}",
                "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")][:3]
        raise Missing(f"Maven could not fetch {', '.join(coordinates)}: {' '.join(errors)[:600]}")


def unpack(archive: Path, target: Path, *, within: str, names: Iterable[str] | None = None) -> None:
    """Unpack what lies under a folder *within* the archive (``*`` stands for its one top folder) into *target*.

    Args:
        archive: A zip file.
        target: Folder that receives the files.
        within: Folder inside the archive, as in ``*/elasticsearch/modules``.
        names: Only these sub-folders, or all.
    """
    wanted = None if names is None else set(names)
    depth = len(within.split("/"))
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            parts = info.filename.split("/")
            inside = ["*", *parts[1:depth]] == within.split("/") and len(parts) > depth
            if info.is_dir() or not inside or ".." in parts or (wanted is not None and parts[depth] not in wanted):
                continue
            path = target.joinpath(*parts[depth:])
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(info) as source, path.open("wb") as out:
                shutil.copyfileobj(source, out)
            if (info.external_attr >> 16) & 0o100:
                path.chmod(0o755)


def forget(*coordinates: str) -> None:
    """Remove artifacts from Maven's local repository: the largest archives are of no use once unpacked."""
    for coordinate in coordinates:
        group, artifact, version = coordinate.split(":")[:3]
        shutil.rmtree(cache_dir() / "m2" / group.replace(".", "/") / artifact / version, ignore_errors=True)


def _dependency(coordinate: str, *, alone: bool) -> str:
    group, artifact, version, *kind = (escape(part) for part in coordinate.split(":"))
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        f"<type>{kind[0] if kind else 'jar'}</type>{_ALONE if alone else ''}</dependency>"
    )
