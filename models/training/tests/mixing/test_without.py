"""Sources that a recipe leaves out are not drawn from."""

import pytest
from conftest import META, tone
from unbraid_training.data.dataset import SAMPLE_RATE, write_item
from unbraid_training.data.pack import pack, unpack
from unbraid_training.errors import UserError
from unbraid_training.mixing.catalogue import MappedCatalogue, PackedCatalogue
from unbraid_training.mixing.planner import Planner
from unbraid_training.mixing.recipe import Recipe
from unbraid_training.model.layout import STEMS


@pytest.fixture
def mapped(tmp_path):
    """Two backings, one with an instrument of `singers/x`, and two voices."""
    for n, names in enumerate(("mma; growlybass", "mma; swagbass/shiny")):
        write_item(tmp_path, "backing", f"b{n}", {stem: tone(200) for stem in STEMS[1:]}, {**META, "source": names})
    for kind, name in (("speech", "tuxpaint"), ("notes", "singers/x")):
        write_item(tmp_path, kind, name.replace("/", "-"), {"vocals": tone(300)}, {**META, "source": name})
    return tmp_path


def entries(catalogue, recipe):
    """Entries that sound in some plans."""
    planner = Planner(catalogue, recipe, 40, SAMPLE_RATE, 1)
    plan = planner[0]
    return set(plan["entry"][plan["level"] > 0].tolist())


@pytest.mark.parametrize("packed", [False, True])
def test_sources_are_left_out(mapped, packed, tmp_path_factory):
    catalogue = MappedCatalogue(mapped)
    if packed:
        parts = pack(tmp_path_factory.mktemp("parts"), [mapped], 5.0, 1, 1)
        catalogue = PackedCatalogue(unpack(parts, 1))
    recipe = Recipe(voice_over_instrumental=0.0, absent=(0, 0, 0), no_voice=0.0)
    everything = entries(catalogue, recipe)
    assert everything == set(range(len(catalogue.lengths)))
    left = entries(catalogue, Recipe(**{**recipe.__dict__, "without": ("singers", "swagbass/shiny")}))
    assert {name for entry in left for name in catalogue.sources[entry]} == {"mma", "growlybass", "tuxpaint"}
    assert left < everything


def test_a_name_that_fits_nothing_is_refused(mapped):
    with pytest.raises(UserError, match="singer,"):
        Planner(MappedCatalogue(mapped), Recipe(without=("singer",)), 1, SAMPLE_RATE, 1)
    with pytest.raises(UserError, match="no vocals"):
        Planner(MappedCatalogue(mapped), Recipe(without=("singers", "tuxpaint")), 1, SAMPLE_RATE, 1)
