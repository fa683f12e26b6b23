CREATE EXTENSION IF NOT EXISTS pg_trgm
-- next
CREATE EXTENSION IF NOT EXISTS unaccent
-- next
DO $$ BEGIN
    CREATE TEXT SEARCH CONFIGURATION learn_text (COPY = english);
    ALTER TEXT SEARCH CONFIGURATION learn_text
        ALTER MAPPING FOR asciiword, word, numword WITH unaccent, english_stem;
    CREATE TEXT SEARCH DICTIONARY learn_stem (TEMPLATE = snowball, LANGUAGE = english);
    CREATE TEXT SEARCH CONFIGURATION learn_words (COPY = english);
    ALTER TEXT SEARCH CONFIGURATION learn_words
        ALTER MAPPING FOR asciiword, word, numword WITH unaccent, learn_stem;
END $$
-- next
CREATE TABLE learn_search (
    article_id bigint PRIMARY KEY, question tsvector NOT NULL, head tsvector NOT NULL, whole tsvector NOT NULL
)
-- next
CREATE INDEX learn_search_spelling ON public.learn_searchword USING gin (word gin_trgm_ops)
-- next
CREATE INDEX learn_search_visible ON public.learn_article USING btree (id) INCLUDE (subject_id, status, publish_at, is_indexable, no_index)
-- next
CREATE INDEX learn_search_words ON public.learn_search USING gin (question, head, whole)
-- next
CREATE OR REPLACE FUNCTION public.learn_search_follow()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE learn_search;
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM learn_search WHERE article_id = old.id;
        ELSE
            INSERT INTO learn_search VALUES (new.id, to_tsvector('learn_words', translate(new.question, '/.-_@:''<>&+~', '            ')) || array_to_tsvector(ARRAY['#' || new.subject_id]), to_tsvector('learn_text', translate(new.question || ' ' || new.description || ' ' || new.keywords, '/.-_@:''<>&+~', '            ')) || array_to_tsvector(ARRAY['#' || new.subject_id]), to_tsvector('learn_text', translate(new.question || ' ' || new.description || ' ' || new.keywords || ' ' || left(new.answer_text, 100000), '/.-_@:''<>&+~', '            ')) || array_to_tsvector(ARRAY['#' || new.subject_id])) ON CONFLICT (article_id) DO UPDATE
                SET question = excluded.question, head = excluded.head, whole = excluded.whole;
        END IF;
        RETURN NULL;
    END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_search_matching(place text, query tsquery)
 RETURNS SETOF bigint
 LANGUAGE plpgsql
 STABLE
 SET enable_seqscan TO 'off'
 SET enable_indexscan TO 'off'
 SET max_parallel_workers_per_gather TO '0'
AS $function$ BEGIN
        CASE place WHEN 'question' THEN RETURN QUERY SELECT article_id FROM learn_search WHERE question @@ query LIMIT 50000; WHEN 'head' THEN RETURN QUERY SELECT article_id FROM learn_search WHERE head @@ query LIMIT 50000; WHEN 'whole' THEN RETURN QUERY SELECT article_id FROM learn_search WHERE whole @@ query LIMIT 50000; END CASE;
    END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_similar_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT DISTINCT subject_id FROM rows ORDER BY 1) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; RETURN NULL; END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_similar_insert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT DISTINCT subject_id FROM rows ORDER BY 1) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; RETURN NULL; END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_similar_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT DISTINCT subject_id FROM ((SELECT id, subject_id, question, keywords, status, no_index, canonical_id, is_indexable FROM before EXCEPT SELECT id, subject_id, question, keywords, status, no_index, canonical_id, is_indexable FROM after) UNION ALL (SELECT id, subject_id, question, keywords, status, no_index, canonical_id, is_indexable FROM after EXCEPT SELECT id, subject_id, question, keywords, status, no_index, canonical_id, is_indexable FROM before)) changed ORDER BY 1) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; RETURN NULL; END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_state_renew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
        UPDATE "learn_sitestate" SET generation = replace(gen_random_uuid()::text, '-', ''),
            changed_at = clock_timestamp();
        RETURN NULL;
    END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_state_renew_if_any()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
        IF EXISTS (SELECT 1 FROM changed) THEN
            UPDATE "learn_sitestate" SET generation = replace(gen_random_uuid()::text, '-', ''),
                changed_at = clock_timestamp();
        END IF;
        RETURN NULL;
    END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_state_turn()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
        PERFORM pg_advisory_xact_lock(328118399598);
        RETURN NULL;
    END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_tally_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
        UPDATE learn_tally SET listable = learn_tally.listable - gone.listable,
            indexable = learn_tally.indexable - gone.indexable
        FROM (SELECT subject_id, SUM(listable) AS listable, SUM(indexable) AS indexable
            FROM (SELECT was.subject_id AS subject_id, CAST(was.status = 'published' AND NOT was.no_index AS integer) AS listable, CAST(was.status = 'published' AND was.is_indexable AS integer) AS indexable FROM before was) counted GROUP BY subject_id) gone
        WHERE learn_tally.subject_id = gone.subject_id
    ; RETURN NULL; END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_tally_insert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM (SELECT became.subject_id AS subject_id, CAST(became.status = 'published' AND NOT became.no_index AS integer) AS listable, CAST(became.status = 'published' AND became.is_indexable AS integer) AS indexable FROM after became) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
; RETURN NULL; END $function$
-- next
CREATE OR REPLACE FUNCTION public.learn_tally_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM (SELECT was.subject_id AS subject_id, -CAST(was.status = 'published' AND NOT was.no_index AS integer) AS listable, -CAST(was.status = 'published' AND was.is_indexable AS integer) AS indexable FROM before was UNION ALL SELECT became.subject_id AS subject_id, CAST(became.status = 'published' AND NOT became.no_index AS integer) AS listable, CAST(became.status = 'published' AND became.is_indexable AS integer) AS indexable FROM after became) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
; RETURN NULL; END $function$
-- next
CREATE TRIGGER learn_article_state_delete AFTER DELETE ON public.learn_article REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_article_state_insert AFTER INSERT ON public.learn_article REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_article_state_truncate AFTER TRUNCATE ON public.learn_article FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew()
-- next
CREATE TRIGGER learn_article_state_turn BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.learn_article FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn()
-- next
CREATE TRIGGER learn_article_state_update AFTER UPDATE ON public.learn_article REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_mostlinked_state_delete AFTER DELETE ON public.learn_mostlinked REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_mostlinked_state_insert AFTER INSERT ON public.learn_mostlinked REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_mostlinked_state_truncate AFTER TRUNCATE ON public.learn_mostlinked FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew()
-- next
CREATE TRIGGER learn_mostlinked_state_turn BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.learn_mostlinked FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn()
-- next
CREATE TRIGGER learn_mostlinked_state_update AFTER UPDATE ON public.learn_mostlinked REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_relatedlink_state_delete AFTER DELETE ON public.learn_relatedlink REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_relatedlink_state_insert AFTER INSERT ON public.learn_relatedlink REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_relatedlink_state_truncate AFTER TRUNCATE ON public.learn_relatedlink FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew()
-- next
CREATE TRIGGER learn_relatedlink_state_turn BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.learn_relatedlink FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn()
-- next
CREATE TRIGGER learn_relatedlink_state_update AFTER UPDATE ON public.learn_relatedlink REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_search_delete AFTER DELETE ON public.learn_article FOR EACH ROW EXECUTE FUNCTION learn_search_follow()
-- next
CREATE TRIGGER learn_search_insert AFTER INSERT ON public.learn_article FOR EACH ROW EXECUTE FUNCTION learn_search_follow()
-- next
CREATE TRIGGER learn_search_truncate AFTER TRUNCATE ON public.learn_article FOR EACH STATEMENT EXECUTE FUNCTION learn_search_follow()
-- next
CREATE TRIGGER learn_search_update AFTER UPDATE OF question, description, keywords, answer_text, subject_id ON public.learn_article FOR EACH ROW WHEN ((((old.question)::text IS DISTINCT FROM (new.question)::text) OR (old.description IS DISTINCT FROM new.description) OR (old.keywords IS DISTINCT FROM new.keywords) OR (old.answer_text IS DISTINCT FROM new.answer_text) OR (old.subject_id IS DISTINCT FROM new.subject_id))) EXECUTE FUNCTION learn_search_follow()
-- next
CREATE TRIGGER learn_similar_delete AFTER DELETE ON public.learn_article REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION learn_similar_delete()
-- next
CREATE TRIGGER learn_similar_insert AFTER INSERT ON public.learn_article REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION learn_similar_insert()
-- next
CREATE TRIGGER learn_similar_update AFTER UPDATE ON public.learn_article REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION learn_similar_update()
-- next
CREATE TRIGGER learn_similarquestions_state_delete AFTER DELETE ON public.learn_similarquestions REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_similarquestions_state_insert AFTER INSERT ON public.learn_similarquestions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_similarquestions_state_truncate AFTER TRUNCATE ON public.learn_similarquestions FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew()
-- next
CREATE TRIGGER learn_similarquestions_state_turn BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.learn_similarquestions FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn()
-- next
CREATE TRIGGER learn_similarquestions_state_update AFTER UPDATE ON public.learn_similarquestions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_subject_state_delete AFTER DELETE ON public.learn_subject REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_subject_state_insert AFTER INSERT ON public.learn_subject REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_subject_state_truncate AFTER TRUNCATE ON public.learn_subject FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew()
-- next
CREATE TRIGGER learn_subject_state_turn BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.learn_subject FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn()
-- next
CREATE TRIGGER learn_subject_state_update AFTER UPDATE ON public.learn_subject REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any()
-- next
CREATE TRIGGER learn_tally_delete AFTER DELETE ON public.learn_article REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION learn_tally_delete()
-- next
CREATE TRIGGER learn_tally_insert AFTER INSERT ON public.learn_article REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION learn_tally_insert()
-- next
CREATE TRIGGER learn_tally_update AFTER UPDATE ON public.learn_article REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION learn_tally_update()
-- next
COMMENT ON TABLE learn_search IS 'b8b31ad4ef471c48d9968dfdbe82bdee'
