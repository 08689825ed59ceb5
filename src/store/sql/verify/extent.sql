SELECT (SELECT count(*) FROM pggit.object)::text, (SELECT count(*) FROM pggit.tree_node)::text,
       (SELECT count(*) FROM pggit.commit)::text
