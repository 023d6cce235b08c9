import pytest

from figproof.conditions import Entry
from figproof.errors import FigproofError
from figproof.schemas import Selection
from figproof.selecting import archived_fitting, select

WHERE = "config/selections/test.yaml"


def document(id_=1, status="COMPLETED", result=0.9, **config):
    return {"_id": id_, "status": status, "result": result, "config": {"seed": id_, **config}}


def selection(**keys):
    return Selection.model_validate({"experiment": "digits_mlp", **keys})


def ids(found):
    return [candidate.id for candidate in found]


def test_runs_come_sorted_by_condition_then_seed_whatever_the_stores_order():
    documents = [document(3, optimizer="adam"), document(1, optimizer="sgd"), document(2, optimizer="adam")]
    found = select(selection(group_by=["config.optimizer"]), documents, WHERE)
    assert [(c.condition, c.seed) for c in found] == [("adam", 2), ("adam", 3), ("sgd", 1)]
    assert found == select(selection(group_by=["config.optimizer"]), documents[::-1], WHERE)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (0.1, [1]),
        ({"in": [0.1, 0.2]}, [1, 2]),
        ({"min": 0.2}, [2, 3]),
        ({"max": 0.2}, [1, 2]),
        ({"min": 0.15, "max": 0.25}, [2]),
    ],
)
def test_a_filter_takes_a_value_a_list_or_a_range(wanted, expected):
    documents = [
        document(1, lr=0.1),
        document(2, lr=0.2),
        document(3, lr=0.3),
        document(4),
        document(5, lr="0.1"),
    ]
    asked = selection(where={"config.lr": wanted}, varies=["config.lr"])
    assert ids(select(asked, documents, WHERE)) == expected


def test_true_is_not_one():
    documents = [document(1, flag=1), document(2, flag=True)]
    assert ids(select(selection(where={"config.flag": True}), documents, WHERE)) == [2]


def test_a_filter_reaches_nested_keys_and_the_result():
    documents = [document(1, result={"loss": 0.1}, data={"name": "a"}), document(2, result={"loss": 0.5})]
    found = select(selection(where={"config.data.name": "a", "result.loss": {"max": 0.2}}), documents, WHERE)
    assert ids(found) == [1]


def test_an_empty_answer_says_how_many_runs_fail_which_condition():
    documents = [
        document(1, lr=0.1, width=2),
        document(2, lr=0.1, width=2),
        document(3, status="FAILED", lr=0.5, width=2),
    ]
    question = selection(where={"config.lr": 0.5, "config.width": 3}, status="COMPLETED")
    with pytest.raises(FigproofError) as error:
        select(question, documents, WHERE)
    assert "2 of 3 fail config.lr = 0.5; 3 of 3 fail config.width = 3" in str(error.value)
    assert str(error.value).startswith(WHERE)


def test_a_store_without_the_experiment_is_named():
    with pytest.raises(FigproofError, match=r"holds none of experiment 'digits_mlp'. None exists yet"):
        select(selection(), [], WHERE)
    with pytest.raises(
        FigproofError, match=r"Known: digits_attention, digits_mpl\. Did you mean digits_mpl\?"
    ):
        select(selection(), [], WHERE, ["digits_mpl", "digits_attention"])


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"where": {"config.optimzer": "adam"}}, "where"),
        ({"group_by": ["config.optimzer"]}, "group_by"),
        ({"varies": ["config.optimzer"]}, "varies"),
    ],
)
def test_a_key_that_no_run_has_is_answered_with_the_nearest(asked, place):
    with pytest.raises(FigproofError) as error:
        select(selection(**asked), [document(1, optimizer="adam", rate=0.1)], WHERE)
    said = f"{WHERE}: {place}: no run of digits_mlp has config.optimzer. Known: config.optimizer, "
    assert str(error.value).startswith(said) and "Did you mean config.optimizer?" in str(error.value)


def test_every_key_that_no_run_has_is_named_at_once_and_nested_ones_are_known():
    question = selection(where={"config.data.nam": "a", "result.los": {"max": 1}})
    documents = [document(1, data={"name": "a"}, result={"loss": 0.1}), document(2)]
    with pytest.raises(FigproofError) as error:
        select(question, documents, WHERE)
    assert "Did you mean config.data.name?" in str(error.value) and "Did you mean result.loss?" in str(
        error.value
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            "adm",
            "fail config.optimizer = adm. config.optimizer: Known: 'adam', 'sgd'. Did you mean 'adam'?",
        ),
        (3, "config.optimizer: Known: 'adam', 'sgd'."),
    ],
)
def test_a_value_that_no_run_has_is_answered_with_the_nearest(wanted, said):
    documents = [document(1, optimizer="adam"), document(2, optimizer="sgd")]
    with pytest.raises(FigproofError) as error:
        select(selection(where={"config.optimizer": wanted}), documents, WHERE)
    assert said in str(error.value)


def test_a_number_written_as_text_is_told_apart_from_the_number():
    with pytest.raises(FigproofError, match=r"config.lr: Known: 0.1"):
        select(selection(where={"config.lr": "0.1"}), [document(1, lr=0.1)], WHERE)


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "INTERRUPTED", "QUEUED"])
def test_a_fitting_run_that_is_not_completed_is_an_error_until_it_is_left_out_by_name(status):
    documents = [document(1), document(2, status=status)]
    with pytest.raises(FigproofError, match=rf"(?s)1 {status}.*\[2\].*status: COMPLETED"):
        select(selection(), documents, WHERE)
    assert ids(select(selection(status="COMPLETED"), documents, WHERE)) == [1]


def test_two_runs_of_one_condition_and_seed_are_an_error():
    documents = [document(1), {**document(2), "config": {"seed": 1}}]
    with pytest.raises(FigproofError, match=r"have seed 1: \[1, 2\]"):
        select(selection(), documents, WHERE)


def test_an_archived_run_is_in_no_answer_and_is_named_as_what_would_fit():
    documents = [document(1, x=1), {**document(2, x=1), "archived": True}, {**document(3), "archived": True}]
    asked = selection(where={"config.x": 1})

    assert ids(select(asked, documents, WHERE)) == [1]
    assert archived_fitting(asked, documents) == [2]
    with pytest.raises(FigproofError, match=r"1 of 2 fail archived = false; 1 of 2 fail config\.x = 1"):
        select(asked, documents[1:], WHERE)


def test_more_seeds_than_expected_are_an_error():
    with pytest.raises(FigproofError, match=r"has 3 runs, 2 seeds are expected"):
        select(selection(seeds=2), [document(i) for i in (1, 2, 3)], WHERE)


@pytest.mark.parametrize("odd", ["a1b2", True, 1.5])
def test_a_run_id_that_is_no_integer_is_an_error(odd):
    with pytest.raises(FigproofError, match="run ids must be integers"):
        select(selection(), [document(odd)], WHERE)


def test_a_hostile_config_value_cannot_leave_the_alphabet_of_condition_names():
    (found,) = select(
        selection(group_by=["config.name"]), [document(1, name="<b>\n../x\u202e$y_" + "z" * 500)], WHERE
    )
    assert not set(found.condition) & set("<>\n/$\u202e")
    assert len(found.condition) <= 120


@pytest.mark.parametrize("key", ["$where", "config.$where", "host.ENV", "config", "result.$x", "_id"])
def test_a_field_outside_the_grammar_is_refused(key):
    with pytest.raises(ValueError, match="is not a field"):
        selection(where={key: 1})


@pytest.mark.parametrize(
    "first, second", [("a/b", "a:b"), (None, "None"), ("x" * 130 + "1", "x" * 130 + "2")]
)
def test_two_settings_are_never_averaged_under_one_name(first, second):
    documents = [
        {"_id": 1, "status": "COMPLETED", "config": {"seed": 1, "kind": first}},
        {"_id": 2, "status": "COMPLETED", "config": {"seed": 2, "kind": second}},
    ]
    selection = Selection(experiment="digits_mlp", group_by=["config.kind"])
    with pytest.raises(FigproofError, match="different settings would both be called"):
        select(selection, documents, "here")


def test_runs_of_one_condition_that_differ_in_more_than_the_seed_are_refused_unless_it_may_vary():
    documents = [
        {"_id": 11, "status": "COMPLETED", "config": {"seed": 1, "rate": 0.01, "store": "every"}},
        {"_id": 12, "status": "COMPLETED", "config": {"seed": 2, "rate": 0.1, "store": "final"}},
    ]
    with pytest.raises(FigproofError) as error:
        select(Selection(experiment="digits_mlp", condition="adam"), documents, "here")
    said = str(error.value)
    assert "condition 'adam' differ in config.rate: 0.01 (runs 11); 0.1 (runs 12)" in said
    assert "differ in config.store" in said
    both = Selection(experiment="digits_mlp", condition="adam", varies=["config.rate", "config.store"])
    assert [found.id for found in select(both, documents, "here")] == [11, 12]


def test_values_of_the_grouping_key_can_have_names():
    documents = [document(1, skip=True), document(2, skip=False)]
    asked = selection(group_by=["config.skip"], names={True: "shortcuts", False: "plain"})
    assert [c.condition for c in select(asked, documents, WHERE)] == ["plain", "shortcuts"]


def test_a_value_without_a_name_is_refused():
    documents = [document(1, source=581), document(2, source=7)]
    asked = selection(group_by=["config.source"], names={581: "plain"})
    with pytest.raises(
        FigproofError, match=r"run 2 has config\.source = 7, which has no name. Named are 581"
    ):
        select(asked, documents, WHERE)


def test_names_belong_to_one_key():
    with pytest.raises(ValueError, match="names belongs to one group_by key"):
        selection(group_by=["config.a", "config.b"], names={1: "one"})


def test_two_values_of_one_name_are_refused():
    documents = [document(1, source=1), document(2, source=2)]
    with pytest.raises(FigproofError, match="different settings would both be called 'same'"):
        select(selection(group_by=["config.source"], names={1: "same", 2: "same"}), documents, WHERE)


REGISTRY = {
    "fast": Entry(label="Fast", where={"config.lr": 0.8}),
    "wide_adam": Entry(label="Adam, wide", where={"config.optimizer": "adam", "config.hidden": [64, 64]}),
    "other": Entry(label="Other"),
}


def conditions_of(found):
    return [candidate.condition for candidate in found]


def test_the_registry_names_runs_by_their_config_values_in_every_selection():
    documents = [document(1, lr=0.1), document(2, lr=0.8)]
    found = select(selection(group_by=["config.lr"]), documents, WHERE, registry=REGISTRY)
    assert conditions_of(found) == ["0.1", "fast"]
    documents = [document(1, optimizer="adam", hidden=[64, 64]), document(2, optimizer="adam", hidden=[8])]
    both = selection(group_by=["config.hidden", "config.optimizer"])
    assert conditions_of(select(both, documents, WHERE, registry=REGISTRY)) == [
        "hidden=[8],optimizer=adam",
        "wide_adam",
    ]


def test_the_registry_names_no_run_of_a_selection_that_groups_by_other_keys():
    documents = [document(1, lr=0.8, optimizer="adam"), document(2, lr=0.8, optimizer="sgd")]
    by_optimizer = select(selection(group_by=["config.optimizer"]), documents, WHERE, registry=REGISTRY)
    assert conditions_of(by_optimizer) == ["adam", "sgd"]
    both = selection(group_by=["config.lr", "config.optimizer"])
    assert "fast" not in conditions_of(select(both, documents, WHERE, registry=REGISTRY))


def test_a_selections_own_names_come_before_the_registrys():
    found = select(
        selection(group_by=["config.lr"], names={"0.8": "quick"}),
        [document(1, lr=0.8)],
        WHERE,
        registry=REGISTRY,
    )
    assert conditions_of(found) == ["quick"]


def test_true_is_not_one_for_the_registry_either():
    registry = {"on": Entry(label="On", where={"config.flag": True})}
    found = select(selection(group_by=["config.flag"]), [document(1, flag=1)], WHERE, registry=registry)
    assert conditions_of(found) == ["1"]


def test_a_run_of_another_setting_may_not_go_by_a_registered_condition():
    asked = selection(condition="fast")
    assert conditions_of(select(asked, [document(1, lr=0.8)], WHERE, registry=REGISTRY)) == ["fast"]
    # A landscape of a fast run does not record the key itself.
    assert conditions_of(select(asked, [document(1, source_run=3)], WHERE, registry=REGISTRY)) == ["fast"]
    with pytest.raises(FigproofError) as error:
        select(asked, [document(7, lr=0.1)], WHERE, registry=REGISTRY)
    assert "run 7 would be called 'fast', and has config.lr = 0.1" in str(error.value)
    assert "in config/conditions.yaml that condition is config.lr = 0.8" in str(error.value)
