"""An archive of calls, screened on Apache Spark by `falsetto analyze`."""
