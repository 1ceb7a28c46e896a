"""The catalogue: free licences alone, credits where they are asked for, and whole sources held out for every stem."""

import re
from pathlib import Path

import pytest
from unbraid_training.data.origins.entry import ORIGINS
from unbraid_training.data.origins.singers import SINGERS
from unbraid_training.data.sources import CATALOGUE, PREFACE, markdown_table, source
from unbraid_training.instruments.kits.folders import KITS
from unbraid_training.instruments.players.recorded import FAMILIES, RECORDED

FREE = {
    "CC0-1.0", "MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0",
    "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "LicenseRef-public-domain",
    "LicenseRef-program-output",
    # Terms of three singers and of a bank that allow any use, edits and passing on, with a credit.
    "LicenseRef-Hitsuboku-Kumi", "LicenseRef-Scottpoid", "LicenseRef-Dorodoro",
    "LicenseRef-GeneralUser-GS-2.0",
}  # fmt: skip
COPYLEFT = re.compile(r"GPL|MPL|-SA-")


def parts(licence: str) -> list[str]:
    """The licences of an expression."""
    return [part for part in re.split(r" AND | OR |[() ]", licence) if part]


def unfree(licence: str) -> list[str]:
    """Licences of an expression that are not free."""
    return [part for part in parts(licence) if part not in FREE]


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_licences_are_free(entry):
    assert parts(entry.licence) and unfree(entry.licence) == []
    assert entry.permissive == (not any(COPYLEFT.search(part) for part in parts(entry.licence)))
    assert entry.origin in ORIGINS and entry.split in ("train", "dev", "mixed") and entry.note and entry.kinds


def test_an_unfree_licence_would_show():
    assert unfree("CC-BY-NC-4.0") == ["CC-BY-NC-4.0"] and unfree("MIT OR CC-BY-ND-4.0") == ["CC-BY-ND-4.0"]
    assert unfree("CC-BY-SA-3.0 OR GPL-2.0-or-later") == []


def test_repositories_are_pinned_and_credited():
    pinned = [entry for entry in CATALOGUE if entry.origin == "git"]
    assert len(pinned) > 25
    for entry in pinned:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", entry.repository), entry.name
    for entry in CATALOGUE:
        if entry.repository and ("CC-BY" in entry.licence or entry.licence.startswith("LicenseRef-H")):
            assert entry.credit, f"{entry.name} asks for a credit"


def test_one_commit_of_each_repository():
    commits = {}
    for entry in CATALOGUE:
        if entry.origin == "git":
            repository, commit = entry.repository.split("@")
            assert commits.setdefault(repository, commit) == commit, entry.name


def test_whole_sources_are_held_out_for_every_stem():
    bass = {"bass", "double bass", "dirty bass"}
    stems = {
        "vocals": [entry.split for entry in SINGERS],
        "drums": [source(kit.source).split for kit in KITS.values()],
        "bass": [source(one.source).split for one in RECORDED.values() if one.family in bass],
        "other": [source(one.source).split for one in RECORDED.values() if one.family not in bass],
    }
    for stem, splits in stems.items():
        assert splits.count("dev") >= 1 and splits.count("train") >= 3, stem


def test_singers_are_of_one_split_each():
    assert {entry.split for entry in SINGERS} == {"train", "dev"}
    assert len({entry.name for entry in SINGERS}) == len(SINGERS)


def test_recorded_instruments_have_players():
    played = {*FAMILIES.values(), "bass", "double bass", "dirty bass", "electric guitar"}
    played |= {"nylon guitar", "steel guitar"}
    for name, instrument in RECORDED.items():
        assert instrument.family in played, name
        assert source(instrument.source).origin in ("folder", "git")


def test_the_table_links_and_credits():
    row = next(line for line in markdown_table().splitlines() if line.startswith("| berklee-voices "))
    assert "https://github.com/Tonejs/audio)" in row and "OLPC / Berklee" in row


def test_the_document_of_sources_is_what_the_catalogue_prints():
    document = Path(__file__).resolve().parents[3] / "sources.md"
    printed = PREFACE + "\n" + markdown_table() + "\n"
    assert document.read_text() == printed, f"python -m unbraid_training.data.sources > {document}"
