-- Whether this transaction has written to catalogs that describe objects; the server counts that anyway. True where it does not.
SELECT (NOT current_setting('track_counts')::boolean OR EXISTS (
  SELECT FROM unnest('{pg_class,pg_attribute,pg_type,pg_proc,pg_namespace,pg_constraint,pg_trigger,pg_policy,pg_rewrite,pg_attrdef,
    pg_statistic_ext,pg_operator,pg_opclass,pg_opfamily,pg_amop,pg_amproc,pg_cast,pg_collation,pg_conversion,pg_ts_config,
    pg_ts_config_map,pg_ts_dict,pg_ts_parser,pg_ts_template,pg_default_acl,pg_enum,pg_sequence,pg_index,pg_description,pg_seclabel,
    pg_aggregate,pg_range,pg_inherits,pg_partitioned_table,pg_foreign_table}'::regclass[]) AS c (catalog)
  WHERE pg_stat_get_xact_tuples_inserted(c.catalog) + pg_stat_get_xact_tuples_updated(c.catalog)
    + pg_stat_get_xact_tuples_deleted(c.catalog) > 0))::text
