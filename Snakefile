"""The figures of the demo. Run: snakemake"""

from figproof.dag import RULES


module figproof:
    snakefile:
        RULES


use rule * from figproof
