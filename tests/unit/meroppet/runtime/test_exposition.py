"""Measures as Prometheus reads them."""

from meroppet.runtime.exposition import Family, Histogram, Sample, gauge, text


def test_a_family_is_written_with_its_help_and_type() -> None:
    assert text([gauge("door_up", "Whether it is up", [({"door": "main"}, 1.0), ({"door": "side"}, 0.0)])]) == (
        '# HELP door_up Whether it is up\n# TYPE door_up gauge\ndoor_up{door="main"} 1.0\ndoor_up{door="side"} 0.0\n'
    )


def test_what_is_not_known_is_not_written() -> None:
    assert text([gauge("warmth", "Degrees", [({"door": "main"}, None)])]) == ""


def test_a_name_cannot_break_out_of_its_quotes() -> None:
    written = text([gauge("up", "a\nb", [({"name": 'En"tré\\n\n'}, 1)])])

    assert written.splitlines()[0] == "# HELP up a\\nb"
    assert written.splitlines()[2] == 'up{name="En\\"tré\\\\n\\n"} 1.0'


def test_numbers_beyond_all_others() -> None:
    family = Family("x", "gauge", "X", tuple(Sample(value) for value in (float("inf"), float("-inf"), float("nan"))))

    assert text([family]).splitlines()[2:] == ["x +Inf", "x -Inf", "x NaN"]


def test_buckets_are_cumulative_and_a_bound_belongs_to_its_bucket() -> None:
    histogram = Histogram("took", "How long", (0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(seconds)

    assert text([histogram.family()]).splitlines()[2:] == [
        'took_bucket{le="0.1"} 2.0',
        'took_bucket{le="1"} 3.0',
        'took_bucket{le="+Inf"} 4.0',
        "took_sum 7.65",
        "took_count 4.0",
    ]
