"""pins -> snapshots -> derived numbers -> figures -> index: the rules that a project's Snakefile imports."""

import os
import sys
from pathlib import Path

from figproof.dag import Graph
from figproof.errors import FigproofError

try:
    graph = Graph.load(Path.cwd())
except FigproofError as error:
    sys.exit(f"figproof: {error}")

# Rules call the figproof that belongs to this Snakemake, whether or not its environment is active. Not
# through PATH or shell.prefix, which a paper's own rules would get too.
os.environ.update(FIGPROOF_PYTHON=sys.executable)
# So Snakemake makes no environment for a rule: a second figproof could be another version.
same_environment = lambda wildcards: None


wildcard_constraints:
    pin="[a-z0-9_-]+",
    figure="[a-z0-9_-]+",


rule all:
    default_target: True
    input:
        graph.targets(),


# Outputs are flagged `update`: Snakemake then keeps the old files until the new ones replace them. Of a step
# that failed it puts them back, dated now, and records it as finished: only the file in results/ended, which
# is then missing, makes the next build run the step again.
rule snapshot:
    input:
        "results/keys/snapshot/{pin}.json",
    output:
        update("results/snapshots/{pin}/MANIFEST.json"),
        touch("results/ended/snapshot/{pin}"),
    log:
        "results/logs/snapshot/{pin}.log",
    conda:
        same_environment
    shell:
        '"$FIGPROOF_PYTHON" -I -m figproof snapshot {wildcards.pin} 2>&1 | tee {log}'


# First of what can run: the longest jobs are among these, and one begun last would leave the others idle.
rule derive:
    input:
        "results/keys/derive/{figure}.json",
        lambda wildcards: graph.manifests(wildcards.figure),
    output:
        update("results/derived/{figure}/TABLES.json"),
        touch("results/ended/derive/{figure}"),
    log:
        "results/logs/derive/{figure}.log",
    priority: 1
    conda:
        same_environment
    shell:
        '"$FIGPROOF_PYTHON" -I -m figproof derive {wildcards.figure} 2>&1 | tee {log}'


# One rule for each set of files: a figure for PLOS has a TIFF and no PDF. What is drawn is linted; what lint
# finds is in the index, and `figproof lint --all` fails for it.
for number, (files, figures) in enumerate(graph.drawn_alike()):

    rule:
        name:
            f"draw_{number}" if number else "draw"
        input:
            "results/keys/draw/{figure}.json",
            "results/derived/{figure}/TABLES.json",
        output:
            [update(path) for path in files],
            touch("results/ended/draw/{figure}"),
        log:
            "results/logs/draw/{figure}.log",
        wildcard_constraints:
            figure=figures,
        conda:
            same_environment
        shell:
            '"$FIGPROOF_PYTHON" -I -m figproof draw {wildcards.figure} 2>&1 | tee {log}'


# A kind that is also text: LaTeX, its numbers as macros, Markdown.
rule write:
    input:
        "results/keys/draw/{figure}.json",
        "results/derived/{figure}/TABLES.json",
    output:
        [update(path) for path in graph.text_files("{figure}")],
        touch("results/ended/write/{figure}"),
    log:
        "results/logs/write/{figure}.log",
    conda:
        same_environment
    shell:
        '"$FIGPROOF_PYTHON" -I -m figproof write {wildcards.figure} 2>&1 | tee {log}'


# What a paper inputs: a macro a figure, a macro a number.
rule latex:
    input:
        "results/keys/latex/latex.json",
        graph.number_manifests(),
    output:
        update("results/figures.tex"),
        update("results/numbers.tex"),
        touch("results/ended/latex"),
    log:
        "results/logs/latex.log",
    conda:
        same_environment
    shell:
        '"$FIGPROOF_PYTHON" -I -m figproof latex 2>&1 | tee {log}'


rule index:
    input:
        "results/keys/index/index.json",
        [path for figure in graph.figures for path in graph.figure_files(figure)],
        [path for figure in graph.tables for path in graph.text_files(figure)],
        [f"results/lint/{figure}.json" for figure in graph.figures],
    output:
        update("results/index.html"),
        touch("results/ended/index"),
    log:
        "results/logs/index.log",
    conda:
        same_environment
    shell:
        '"$FIGPROOF_PYTHON" -I -m figproof index 2>&1 | tee {log}'
