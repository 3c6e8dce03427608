-- The roles of hisseki in a PostgreSQL database, each with what it needs (docs/cluster.md). A superuser
-- runs it in the database, before "hisseki migrate" and again after each that made a table; it may be
-- run as often as you like, and takes back what somebody else granted to these roles.
--
--     psql -d hisseki -f postgres-roles.sql
--
-- hisseki_migrate   owns the tables: hisseki migrate, store copy, sender forget, sender adopt
-- hisseki_serve     serve: records and judges, purges. Sees no password and makes no rule.
-- hisseki_agent     agent: what became of mail, logs, hooks. Deletes no mail, lesson or incident.
-- hisseki_reviewer  reviewers' commands and the review page: decides, makes rules.
--
-- Who signs what stands in docs/security.md: a decision in the database that no reviewer signed is
-- carried out by no agent, whoever could write it. Nobody but the owner changes the audit log's lines.

DO $$
DECLARE
    who TEXT;
BEGIN
    FOREACH who IN ARRAY ARRAY['hisseki_migrate', 'hisseki_serve', 'hisseki_agent', 'hisseki_reviewer'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = who) THEN
            EXECUTE format('CREATE ROLE %I', who);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', who);
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), who);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('ALTER DATABASE %I OWNER TO hisseki_migrate', current_database());
END $$;

ALTER SCHEMA public OWNER TO hisseki_migrate;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hisseki_serve, hisseki_agent, hisseki_reviewer;

-- Tables and functions that somebody else made, as after a copy by a superuser.
DO $$
DECLARE
    o RECORD;
BEGIN
    FOR o IN SELECT c.oid::regclass::TEXT AS name
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace
          AND c.relkind IN ('r', 'p')
          AND pg_get_userbyid(c.relowner) != 'hisseki_migrate' LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO hisseki_migrate', o.name);
    END LOOP;
    FOR o IN SELECT p.oid::regprocedure::TEXT AS name
        FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
          AND pg_get_userbyid(p.proowner) != 'hisseki_migrate' LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO hisseki_migrate', o.name);
    END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, hisseki_serve, hisseki_agent, hisseki_reviewer;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO hisseki_serve, hisseki_agent, hisseki_reviewer;

-- Rows that refer to a deleted one go by the owner's right (ON DELETE CASCADE).
DO $$
DECLARE
    g RECORD;
    t TEXT;
BEGIN
    FOR g IN SELECT * FROM (VALUES
        ('hisseki_serve', 'INSERT',
            'audit setting'),
        ('hisseki_serve', 'INSERT, UPDATE, DELETE',
            'journal recipient lesson profile mark taught unlearned hold incident incident_mark incident_text
            event hook hook_event hook_run own_mail'),
        ('hisseki_serve', 'UPDATE, DELETE', -- it purges what the agent read
            'login log_position signin_seen delivery requeued'),

        ('hisseki_agent', 'INSERT',
            'audit setting'),
        ('hisseki_agent', 'INSERT, UPDATE',
            'heartbeat delivery requeued login log_position signin_seen hold incident event lesson profile
            alert own_mail mark unlearned'),
        ('hisseki_agent', 'INSERT, UPDATE, DELETE',
            'hook_event hook_run question incident_mark incident_text'),
        ('hisseki_agent', 'UPDATE', -- learned; its signature of what was there before the key
            'journal override habit'),

        ('hisseki_reviewer', 'INSERT',
            'audit recipient taught'),
        ('hisseki_reviewer', 'INSERT, UPDATE',
            'journal lesson profile mark hold incident event delivery requeued login log_position signin_seen'),
        ('hisseki_reviewer', 'INSERT, UPDATE, DELETE',
            'override habit setting unlearned incident_mark incident_text hook_event question request
            reviewer session login_link passkey')
        ) v (who, rights, tables) LOOP
        FOREACH t IN ARRAY regexp_split_to_array(trim(g.tables), '\s+') LOOP
            IF to_regclass(format('public.%I', t)) IS NOT NULL THEN
                EXECUTE format('GRANT %s ON public.%I TO %I', g.rights, t, g.who);
            END IF;
        END LOOP;
    END LOOP;
    -- Passwords, sessions and keys of the review page are nobody else's.
    FOREACH t IN ARRAY ARRAY['reviewer', 'session', 'login_link', 'passkey'] LOOP
        IF to_regclass(format('public.%I', t)) IS NOT NULL THEN
            EXECUTE format('REVOKE ALL ON public.%I FROM hisseki_serve, hisseki_agent', t);
        END IF;
    END LOOP;
    -- While a store is copied, a setting has everybody else refuse it (hisseki store copy). Whoever could
    -- write it could shut out agent, reviewers and every other serve: it is the owner's alone.
    IF to_regclass('public.setting') IS NOT NULL THEN
        ALTER TABLE public.setting ENABLE ROW LEVEL SECURITY; -- which the owner passes by
        PERFORM set_config('client_min_messages', 'warning', true); -- that there was no policy yet is no news
        DROP POLICY IF EXISTS hisseki_reads ON public.setting;
        DROP POLICY IF EXISTS hisseki_writes ON public.setting;
        CREATE POLICY hisseki_reads ON public.setting FOR SELECT
            TO hisseki_serve, hisseki_agent, hisseki_reviewer USING (true);
        CREATE POLICY hisseki_writes ON public.setting
            TO hisseki_serve, hisseki_agent, hisseki_reviewer USING ("key" != 'copying') WITH CHECK ("key" != 'copying');
    END IF;
    -- The tables that grow with the mail are cleaned a little at a time, not once a fifth of them
    -- is dead: a purge of a day leaves some hundredths, and their indexes are read at every mail.
    FOREACH t IN ARRAY ARRAY['journal', 'recipient', 'lesson', 'mark', 'delivery', 'requeued', 'hold', 'unlearned',
        'event', 'login'] LOOP
        IF to_regclass(format('public.%I', t)) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE public.%I SET (autovacuum_vacuum_scale_factor = 0.01, '
                'autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.02, '
                'autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1)', t);
        END IF;
    END LOOP;
    -- These are changed at every mail, or every few seconds, and are small: room for changed rows on the
    -- same page spares their indexes.
    FOREACH t IN ARRAY ARRAY['profile', 'heartbeat', 'setting', 'session'] LOOP
        IF to_regclass(format('public.%I', t)) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE public.%I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, '
                'autovacuum_vacuum_threshold = 200)', t);
        END IF;
    END LOOP;
END $$;
