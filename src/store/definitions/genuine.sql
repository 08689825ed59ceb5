-- What a signed payload says, if the proxy has signed it for this: this transaction, this backend, this role. For functions of
-- the schema's owner; see pggit.record for how the signature is checked.

CREATE OR REPLACE FUNCTION pggit.genuine(payload text, signature text, purpose text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doc jsonb;
    genuine boolean;
BEGIN
    SELECT sha256(sha256(s.outer_pad || sha256(s.inner_pad || convert_to(payload, 'UTF8'))))
           = sha256(decode(signature, 'hex'))
    INTO genuine
    FROM pggit.secret AS s;
    IF genuine IS TRUE THEN
        doc := payload::jsonb;
    END IF;
    IF doc ->> 'purpose' IS DISTINCT FROM purpose
       OR doc ->> 'transaction_id' IS DISTINCT FROM pg_current_xact_id()::text
       OR (doc ->> 'backend_pid')::integer IS DISTINCT FROM pg_backend_pid()
       OR doc ->> 'who' IS DISTINCT FROM session_user AND session_user <> current_user
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s refused: it is not signed by the proxy for this transaction', purpose);
    END IF;
    RETURN doc;
END
$$;
COMMENT ON FUNCTION pggit.genuine(text, text, text) IS 'A payload that the proxy has signed for the current transaction.';
