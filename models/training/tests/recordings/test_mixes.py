"""Songs without stems: kept apart from what mixtures are made of."""

import numpy as np
import pytest
import soundfile
from conftest import META, tone
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset, write_item
from unbraid_training.data.fetch import SourceError
from unbraid_training.data.pack import pack, unpack
from unbraid_training.mixing.catalogue import MappedCatalogue
from unbraid_training.model.layout import STEMS
from unbraid_training.recordings import mixes


@pytest.fixture
def shared(tmp_path):
    """Two songs that are known and one that is not."""
    (tmp_path / "songs").mkdir()
    for name in ("wilcox-porch", "josh-woodward-swansong", "nobody-knows"):
        soundfile.write(tmp_path / "songs" / f"{name}.wav", 0.1 * np.ones(SAMPLE_RATE), SAMPLE_RATE)
    return tmp_path


def test_songs_are_written_with_their_licence(shared, tmp_path_factory, capsys):
    out = tmp_path_factory.mktemp("out")
    assert mixes.build(out, shared) == 2
    items = {item.name: item for item in read_dataset(out, ["mixes"])}
    assert items["wilcox-porch"].meta["licence"] == "CC-BY-SA-3.0" and list(items["wilcox-porch"].stems) == ["mixture"]
    assert "nobody-knows" in capsys.readouterr().out
    assert mixes.build(tmp_path_factory.mktemp("free"), shared, permissive=True) == 1
    with pytest.raises(SourceError, match="songs is missing"):
        mixes.build(out, out)


def test_no_mixture_is_made_of_them(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    mixes.build(out, shared)
    for stem in STEMS:
        write_item(out, "backing" if stem != "vocals" else "speech", stem, {stem: tone(200)}, META)
    mapped = MappedCatalogue(out)
    assert len(mapped.lengths) == 4 and {k for kinds in mapped.by_stem.values() for k in kinds} == {"backing", "speech"}
    parts = pack(tmp_path_factory.mktemp("parts"), [out], 5.0, 1, 1)
    assert {excerpt.kind for excerpt in unpack(parts, 1)} == {"backing", "speech"}
