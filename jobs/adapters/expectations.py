"""The only door to Great Expectations: data frames and expectations in, results and a site that people read out."""

import logging
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read when it is imported: nothing leaves this machine

import great_expectations as gx

from schemas.expectations import Expectation

SITE = "penstock"


class Result(NamedTuple):
    """What became of one expectation; `observed` is a value of the totals, or the share of unexpected rows."""

    suite: str
    column: str
    type: str
    passed: bool
    known: bool
    observed: str
    notes: str


def validate(suites: Mapping[str, tuple[pa.Table, Sequence[Expectation]]], site: Path) -> list[Result]:
    """Check each suite's expectations on its table and write the site, `index.html` in the folder `site`."""
    shutil.rmtree(site, ignore_errors=True)
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = _context(site)
        source = context.data_sources.add_pandas("archive")
        results = [
            result
            for name, (table, expectations) in suites.items()
            for result in _validate(context, source, name, table, expectations)
        ]
        context.build_data_docs()
    return results


def _context(site: Path) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site.resolve())}
    builder = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": builder,
            "store_backend": store,
            "show_how_to_buttons": False,
        },
    )
    return context


def _validate(
    context: Any, source: Any, name: str, table: pa.Table, expectations: Sequence[Expectation]
) -> Iterator[Result]:
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("archived")
    suite = context.suites.add(gx.ExpectationSuite(name))
    for number, one in enumerate(expectations):
        suite.add_expectation(_expectation(number, one))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    checkpoint = gx.Checkpoint(name=name, validation_definitions=[definition], result_format="SUMMARY")
    ran = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": table.to_pandas()})
    for validation in ran.run_results.values():
        for found in validation.results:
            yield _result(name, expectations[found.expectation_config.meta["number"]], found)


def _expectation(number: int, one: Expectation) -> Any:
    kind = getattr(gx.expectations, "".join(word.capitalize() for word in one.type.split("_")))
    notes = f"Known dirt. {one.notes.removeprefix('Known dirt: ')}" if one.known else one.notes
    return kind(column=one.column, meta={"number": number, "known": one.known}, notes=notes or None, **one.options)


def _result(suite: str, one: Expectation, found: Any) -> Result:
    unexpected = found.result.get("unexpected_percent")
    observed = "" if unexpected is None else f"{unexpected:.3g} % of the rows unexpected"
    if one.of == "totals" and found.result.get("partial_unexpected_list"):
        observed = str(found.result["partial_unexpected_list"][0])
    if found.exception_info.get("raised_exception"):
        observed = str(found.exception_info.get("exception_message"))
    return Result(suite, one.column, one.type, bool(found.success), one.known, observed, one.notes)
