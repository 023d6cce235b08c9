"""pins -> snapshots -> derived numbers -> figures -> index. Run: snakemake"""

import sys

from figproof.dag import Graph
from figproof.errors import FigproofError

try:
    graph = Graph.load(workflow.basedir)
except FigproofError as error:
    sys.exit(f"figproof: {error}")

FIGPROOF = f"'{sys.executable}' -I -m figproof"


wildcard_constraints:
    pin="[a-z0-9_-]+",
    figure="[a-z0-9_-]+",


rule all:
    default_target: True
    input:
        "results/index.html",


# Outputs are flagged `update`: Snakemake then keeps the old files until the new ones replace them.
rule snapshot:
    input:
        "results/keys/snapshot/{pin}.json",
    output:
        update("results/snapshots/{pin}/MANIFEST.json"),
    log:
        "results/logs/snapshot/{pin}.log",
    shell:
        "{FIGPROOF} snapshot {wildcards.pin} > {log} 2>&1"


rule derive:
    input:
        "results/keys/derive/{figure}.json",
        lambda wildcards: graph.manifests(wildcards.figure),
    output:
        update("results/derived/{figure}/TABLES.json"),
    log:
        "results/logs/derive/{figure}.log",
    shell:
        "{FIGPROOF} derive {wildcards.figure} > {log} 2>&1"


rule draw:
    input:
        "results/keys/draw/{figure}.json",
        "results/derived/{figure}/TABLES.json",
    output:
        [update(f"results/figures/{{figure}}.{suffix}") for suffix in graph.formats],
        update("results/figures/{figure}.provenance.json"),
    log:
        "results/logs/draw/{figure}.log",
    shell:
        "{FIGPROOF} draw {wildcards.figure} > {log} 2>&1"


rule index:
    input:
        "results/keys/index/index.json",
        graph.provenance_files(),
    output:
        update("results/index.html"),
    log:
        "results/logs/index.log",
    shell:
        "{FIGPROOF} index > {log} 2>&1"
