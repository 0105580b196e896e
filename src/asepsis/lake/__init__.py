"""The lake: what machines observed, as event tables in Parquet, and the query engine over them."""
