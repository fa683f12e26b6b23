CREATE VIRTUAL TABLE learn_search USING fts5(question, description, keywords, answer_text, subject_id, content='learn_article', content_rowid='id', columnsize=0, tokenize='porter unicode61 remove_diacritics 2')
-- next
CREATE VIRTUAL TABLE learn_search_spelling USING fts5(word, content='learn_searchword', content_rowid='id', tokenize='trigram')
-- next
CREATE INDEX learn_search_visible ON learn_article (id, subject_id, status, publish_at, is_indexable, no_index)
-- next
CREATE TRIGGER "learn_article_state_delete" AFTER delete ON "learn_article" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_article_state_insert" AFTER insert ON "learn_article" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_article_state_update" AFTER update ON "learn_article" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_mostlinked_state_delete" AFTER delete ON "learn_mostlinked" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_mostlinked_state_insert" AFTER insert ON "learn_mostlinked" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_mostlinked_state_update" AFTER update ON "learn_mostlinked" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_relatedlink_state_delete" AFTER delete ON "learn_relatedlink" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_relatedlink_state_insert" AFTER insert ON "learn_relatedlink" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_relatedlink_state_update" AFTER update ON "learn_relatedlink" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER learn_search_delete AFTER DELETE ON learn_article BEGIN INSERT INTO learn_search(learn_search, rowid, question, description, keywords, answer_text, subject_id) VALUES ('delete', old.id, old.question, old.description, old.keywords, old.answer_text, old.subject_id); END
-- next
CREATE TRIGGER learn_search_insert AFTER INSERT ON learn_article BEGIN INSERT INTO learn_search(rowid, question, description, keywords, answer_text, subject_id) VALUES (new.id, new.question, new.description, new.keywords, new.answer_text, new.subject_id); END
-- next
CREATE TRIGGER learn_search_update AFTER UPDATE OF question, description, keywords, answer_text, subject_id ON learn_article WHEN old.question IS NOT new.question OR old.description IS NOT new.description OR old.keywords IS NOT new.keywords OR old.answer_text IS NOT new.answer_text OR old.subject_id IS NOT new.subject_id BEGIN INSERT INTO learn_search(learn_search, rowid, question, description, keywords, answer_text, subject_id) VALUES ('delete', old.id, old.question, old.description, old.keywords, old.answer_text, old.subject_id); INSERT INTO learn_search(rowid, question, description, keywords, answer_text, subject_id) VALUES (new.id, new.question, new.description, new.keywords, new.answer_text, new.subject_id); END
-- next
CREATE TRIGGER learn_search_word_delete AFTER DELETE ON learn_searchword BEGIN INSERT INTO learn_search_spelling(learn_search_spelling, rowid, word) VALUES ('delete', old.id, old.word); END
-- next
CREATE TRIGGER learn_search_word_insert AFTER INSERT ON learn_searchword BEGIN INSERT INTO learn_search_spelling(rowid, word) VALUES (new.id, new.word); END
-- next
CREATE TRIGGER learn_search_word_update AFTER UPDATE OF word ON learn_searchword WHEN old.word IS NOT new.word BEGIN INSERT INTO learn_search_spelling(learn_search_spelling, rowid, word) VALUES ('delete', old.id, old.word); INSERT INTO learn_search_spelling(rowid, word) VALUES (new.id, new.word); END
-- next
CREATE TRIGGER learn_similar_delete AFTER delete ON learn_article BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT old.subject_id AS subject_id) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; END
-- next
CREATE TRIGGER learn_similar_insert AFTER insert ON learn_article BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT new.subject_id AS subject_id) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; END
-- next
CREATE TRIGGER learn_similar_update AFTER update OF subject_id, question, keywords, status, no_index, canonical_id, is_indexable ON learn_article WHEN old.subject_id IS NOT new.subject_id OR old.question IS NOT new.question OR old.keywords IS NOT new.keywords OR old.status IS NOT new.status OR old.no_index IS NOT new.no_index OR old.canonical_id IS NOT new.canonical_id OR old.is_indexable IS NOT new.is_indexable BEGIN
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM (SELECT old.subject_id AS subject_id UNION SELECT new.subject_id AS subject_id) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
; END
-- next
CREATE TRIGGER "learn_similarquestions_state_delete" AFTER delete ON "learn_similarquestions" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_similarquestions_state_insert" AFTER insert ON "learn_similarquestions" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_similarquestions_state_update" AFTER update ON "learn_similarquestions" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_subject_state_delete" AFTER delete ON "learn_subject" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_subject_state_insert" AFTER insert ON "learn_subject" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER "learn_subject_state_update" AFTER update ON "learn_subject" BEGIN
        UPDATE "learn_sitestate" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
-- next
CREATE TRIGGER learn_tally_delete AFTER DELETE ON learn_article BEGIN UPDATE learn_tally SET listable = listable - CAST(old.status = 'published' AND NOT old.no_index AS integer), indexable = indexable - CAST(old.status = 'published' AND old.is_indexable AS integer) WHERE subject_id = old.subject_id; END
-- next
CREATE TRIGGER learn_tally_insert AFTER INSERT ON learn_article BEGIN
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM (SELECT new.subject_id AS subject_id, CAST(new.status = 'published' AND NOT new.no_index AS integer) AS listable, CAST(new.status = 'published' AND new.is_indexable AS integer) AS indexable) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
; END
-- next
CREATE TRIGGER learn_tally_update AFTER UPDATE OF subject_id, status, no_index, is_indexable ON learn_article WHEN old.subject_id IS NOT new.subject_id OR old.status IS NOT new.status OR old.no_index IS NOT new.no_index OR old.is_indexable IS NOT new.is_indexable BEGIN
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM (SELECT old.subject_id AS subject_id, -CAST(old.status = 'published' AND NOT old.no_index AS integer) AS listable, -CAST(old.status = 'published' AND old.is_indexable AS integer) AS indexable UNION ALL SELECT new.subject_id AS subject_id, CAST(new.status = 'published' AND NOT new.no_index AS integer) AS listable, CAST(new.status = 'published' AND new.is_indexable AS integer) AS indexable) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
; END
