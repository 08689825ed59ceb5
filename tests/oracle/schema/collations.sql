-- Collations and conversions.
CREATE SCHEMA cll;
CREATE COLLATION cll.german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION cll.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION cll."Odd ""Collation""" FROM "C";
CREATE COLLATION cll.libc (lc_collate = 'C', lc_ctype = 'POSIX');
CREATE COLLATION cll.dropped FROM "POSIX";
CREATE DEFAULT CONVERSION cll.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE CONVERSION cll."Odd Conversion" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TABLE cll.t (a text COLLATE cll.german, b text COLLATE cll.blind UNIQUE, c text, CHECK (c COLLATE cll."Odd ""Collation""" > 'a'));
CREATE INDEX t_c ON cll.t (c COLLATE cll.german, (lower(c) COLLATE cll."Odd ""Collation"""));
CREATE DOMAIN cll.d AS text COLLATE cll.blind;
CREATE VIEW cll.v AS SELECT b FROM cll.t ORDER BY c COLLATE cll.german;
COMMENT ON COLLATION cll.german IS 'phone book';
COMMENT ON CONVERSION cll.conv IS 'conversion';
