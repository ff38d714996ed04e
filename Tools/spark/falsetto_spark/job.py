"""The Spark job: a table of recordings in, Parquet out, nothing twice.

How nothing is done twice and nothing is stored twice:
- What the output has already is taken off the table before the job (an anti-join by path).
- A task writes one file, and its commit is one rename into the output (Hadoop's output committer, algorithm 2), so that what a broken-off
  run finished stays, and a file is there whole or not at all. All legs of a recording are in one file.
- Spark lets one attempt of a task commit. Where a worker dies between its rename and its word of it, Spark ends the whole job instead
  of trying the task again; the next run finds the file and goes on.
The output is counted at the end all the same.
"""
import math
import os
import threading
import time
import zipfile
from pathlib import Path

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from . import schema as schemas
from .program import failure

IDENTITY = ("build", "modelIdentity", "policyDigest")


class Refused(Exception):
    """Nothing was begun; `code` is the exit code."""

    def __init__(self, words, code=64):
        super().__init__(words)
        self.code = code


def session(options, scratch):
    """A session in which a task's commit is final, batches are small, and nothing listens that is not needed."""
    builder = SparkSession.builder.appName("falsetto archive")
    settings = {
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.sql.sources.commitProtocolClass": "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(options.batch),
        "spark.sql.files.maxRecordsPerFile": "0",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if options.master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings |= dict(options.conf)
    builder = builder.master(options.master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    package = Path(__file__).resolve().parent
    archive = Path(scratch) / "falsetto_spark.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for part in sorted(package.glob("*.py")):
            file.write(part, f"{package.name}/{part.name}")
    spark.sparkContext.addPyFile(str(archive))
    return spark


def table(spark, options):
    """The recordings: `path`, and `content` where the table has it."""
    readers = {
        "parquet": lambda r: r.parquet(options.table),
        "csv": lambda r: r.option("header", True).option("quote", '"').option("escape", '"').option("multiLine", True).csv(options.table),
        "text": lambda r: r.text(options.table).withColumnRenamed("value", "path"),
        "files": lambda r: r.format("binaryFile").option("recursiveFileLookup", True).load(options.table),
    }
    try:
        found = readers[options.kind](spark.read)
    except AnalysisException as error:
        raise Refused(f"{options.table}: {first_line(error)}") from None
    kinds = dict(found.dtypes)
    if kinds.get("path") != "string":
        raise Refused(f"{options.table}: a column `path` of strings is needed; there are: {', '.join(kinds)}")
    if kinds.get("content", "binary") != "binary":
        raise Refused(f"{options.table}: the column `content` must hold bytes, and holds {kinds['content']}")
    return found.select("path", "content") if "content" in kinds else found.select("path")


def output(spark, options, kind):
    """What an earlier run stored; None for nothing. Refuses a folder that holds something else."""
    path = spark._jvm.org.apache.hadoop.fs.Path(options.out)
    if not path.getFileSystem(spark._jsc.hadoopConfiguration()).exists(path):
        return None
    try:
        found = spark.read.parquet(options.out)
    except AnalysisException as error:
        if "UNABLE_TO_INFER_SCHEMA" in str(error.getCondition() or error):
            return None                                    # an empty folder, or one in which no task had finished
        raise Refused(f"{options.out}: {first_line(error)}", 78) from None
    if found.columns != list(kind):
        raise Refused(f"{options.out}: holds Parquet that is no output of this version; give another --out", 78)
    return found


def refuse_mixture(stored, expected):
    """Results of two models or policies must not lie in one output."""
    columns = [F.col(name) for name in IDENTITY] + [F.col("operatingPoint.name")]
    for row in stored.where(F.col("error").isNull()).select(*columns).distinct().collect():
        if tuple(row) != tuple(expected):
            raise Refused(
                f"--out was begun with (build, model, policy, operating point) {tuple(row)}, this run has {tuple(expected)}; give another --out", 78)


def run(spark, options, program, say):
    """Screens what is missing in the output. The summary, a dictionary; `failed` counts recordings that could not be screened."""
    kind = schemas.columns()
    began = time.monotonic()
    recordings = table(spark, options)
    unnamed = recordings.where(F.col("path").isNull() | (F.col("path") == "")).count()
    if unnamed:
        say(f"{unnamed} rows of the table have no path and are passed over")
    recordings = recordings.where(F.col("path") != "")
    has_bytes = "content" in recordings.columns
    rows = recordings.select("path").count()
    distinct = recordings.select("path").distinct()
    if has_bytes and distinct.count() != rows:
        raise Refused(f"{options.table}: some path stands twice, with bytes that may differ; make the paths differ")
    if not has_bytes:
        recordings = distinct
    stored = output(spark, options, kind)
    total = distinct.count()
    if stored is not None:
        refuse_mixture(stored, program.expected)
        recordings = recordings.join(stored.select("path").distinct(), "path", "left_anti")
    missing = recordings.select("path").count() if stored is not None else total
    say(f"{total:,} recordings, {total - missing:,} of them screened already")
    if missing:
        if not has_bytes:
            recordings = recordings.repartition(math.ceil(missing / options.batch))
        jobs = int(spark.conf.get("spark.task.cpus", "1"))
        program.jobs = jobs

        def screen(batches):
            import pandas
            for batch in batches:
                contents = batch["content"] if has_bytes else [None] * len(batch)
                empty = [p for p, c in zip(batch["path"], contents) if has_bytes and c is None]
                records = [failure(path, "badRow", "the row has no content") for path in empty]
                records += program.screen([(p, c) for p, c in zip(batch["path"], contents) if not has_bytes or c is not None])
                fitted = [schemas.fitted(record, kind) for record in records]
                # `object` keeps None apart from NaN and whole numbers whole.
                yield pandas.DataFrame({name: pandas.Series([r[name] for r in fitted], dtype=object) for name in kind})

        results = recordings.mapInPandas(screen, schemas.spark_type(kind))
        with Progress(spark, say, missing):
            results.write.mode("append").parquet(options.out)
    return summary(spark, options, kind, distinct) | {
        "recordings": total, "screenedNow": missing, "rowsWithoutPath": unnamed, "out": options.out, "seconds": round(time.monotonic() - began, 1),
    }


def summary(spark, options, kind, distinct):
    """Counts what the output has of the table's recordings. Raises `RuntimeError` for one that is lacking or stands twice."""
    stored = output(spark, options, kind)
    if stored is None:
        return {"failed": 0, "failedByKind": {}, "legs": {}}
    stored = stored.select("path", "leg", "outcome", "errorKind", F.input_file_name().alias("file")).join(distinct, "path", "left_semi").cache()
    each = stored.groupBy("path").agg(
        F.countDistinct("file").alias("files"), F.count("*").alias("rows"), F.countDistinct(F.coalesce("leg", F.lit(""))).alias("legs"),
        F.count("errorKind").alias("errors"))
    double = each.where("files > 1 OR rows > legs OR (errors > 0 AND rows > 1)").count()
    lacking = distinct.count() - each.count()
    if double or lacking:
        raise RuntimeError(
            f"{options.out}: {double} recordings stand twice and {lacking} are lacking; did two runs write there at once? Start anew in another folder")
    legs = {row[0]: row[1] for row in stored.where("errorKind IS NULL").groupBy("outcome").count().collect()}
    failed = {row[0]: row[1] for row in stored.where("errorKind IS NOT NULL").groupBy("errorKind").count().collect()}
    return {"failed": sum(failed.values()), "failedByKind": failed, "legs": legs}


def first_line(error):
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def reason(error):
    """Why a job failed, on one line: the worker's own words where it said any."""
    lines = str(error).splitlines()
    told = [line for line in lines if "WorkerFault: " in line]
    if told:
        return told[-1].split("WorkerFault: ", 1)[1]
    duplicate = [line for line in lines if "data duplication may happen" in line]
    if duplicate:
        return "a worker died while it committed, so Spark ended the job before anything could be stored twice"
    return first_line(error) if isinstance(error, PySparkException) or lines else type(error).__name__


class Progress:
    """Says how far the job has come: each ten seconds, by finished tasks."""

    def __init__(self, spark, say, missing, every=10):
        self.tracker, self.say, self.missing, self.every = spark.sparkContext.statusTracker(), say, missing, every
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.began = time.monotonic()
        self.thread.start()

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def watch(self):
        last = 0
        while not self.done.wait(self.every):
            stages = [self.tracker.getStageInfo(stage) for stage in self.tracker.getActiveStageIds()]
            # The screening is the last stage; those before it only sort paths.
            stage = max((s for s in stages if s), key=lambda s: s.stageId, default=None)
            if stage is None or stage.numCompletedTasks in (0, last):
                continue
            last = stage.numCompletedTasks
            share = last / stage.numTasks
            left = (time.monotonic() - self.began) * (1 - share) / share
            self.say(f"about {int(self.missing * share):,} of {self.missing:,} recordings screened, {math.ceil(left / 60)} min left")
