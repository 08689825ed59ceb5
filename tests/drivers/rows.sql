INSERT INTO place VALUES ('main');

INSERT INTO everything VALUES (
    1, 2, 3, 4, 5.6, 0.5, 0.1, true, 'Grüße, 世界', 'varchar', 'char', 'name', '\x00ff10',
    '2024-02-29', '12:34:56.789', '12:34:56+02', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+00', '1 year 2 months 3 days 04:05:06',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null]}', '{"b": {"c": 1.5}}', '192.168.1.5/24', '10.0.0.0/8', '08:00:2b:01:02:03',
    '(1,2)', '(3,4),(1,2)', '10101', '1101', 4294967295, 12.34,
    'happy', 7, (1, 'x,y'), '[1,5)', '[2024-01-01 00:00:00+00,)',
    '{1,NULL,3}', '{{a,"b c"},{NULL,""}}', 'a fat cat'
);
INSERT INTO everything (id) VALUES (2);
INSERT INTO everything (id, a_smallint, an_integer, a_bigint, a_numeric, a_real, a_double, a_text, a_bytea, a_date, a_timestamp, integers, texts) VALUES (
    3, -32768, -2147483648, -9223372036854775808, -12345678901234567890.0123456789, 'NaN', '-Infinity', '', '', '9999-12-31', '1970-01-01', '{}', '{}'
);

INSERT INTO person (id, name, email, age) VALUES (1, 'ada', 'ada@example.org', 36), (2, 'grace', 'grace@example.org', 85), (3, 'kid', NULL, 7);
INSERT INTO number SELECT generate_series(1, 1000);
INSERT INTO growing VALUES (1);
