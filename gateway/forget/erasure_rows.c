/* erasure_rows.c - rows and files go: messages with what they carried, notes,
 * what was queued, conversations, and what was written down about the person.
 *
 * Source: compliance 7.4 (3); Art. 17(1) GDPR. */
#include "erasure_inside.h"

#include "package/package.h"
#include "postern/lookup.h"
#include "store/family.h"
#include "worker/hold.h"

#define PAGE	    64
#define IN_RAW	    INT64_C(-1) /* cursor: conversations are done */
#define PROBE_FILES 16

static const char kept_sql[] = "SELECT 1 FROM kept WHERE id=?";
static const char row_sql[] = "SELECT key_person FROM message WHERE id=?";
static const char unqueue_sql[] = "DELETE FROM outbox WHERE conversation=?";
static const char remove_sql[] = "DELETE FROM conversation WHERE id=?";
static const char hand_over_sql[] =
    "UPDATE conversation SET person=? WHERE id=?";
static const char leave_sql[] =
    PERSON_FAMILY "DELETE FROM participant WHERE conversation=? AND person IN"
		  " (SELECT id FROM family)";
static const char kept_note_sql[] =
    "SELECT 1 FROM kept WHERE person IN (?,?) AND conversation=?"
    " AND kind='note' LIMIT 1";
static const char name_sql[] =
    "SELECT file FROM attachment a WHERE message=? AND file IS NOT NULL AND NOT"
    " EXISTS (SELECT 1 FROM kept k WHERE k.id=a.id) LIMIT 1";
static const char probes_sql[] =
    "SELECT count(*) FROM erasure_probe WHERE erasure=? AND kind='file'";
static const char *const person_sql[] = {
    PERSON_FAMILY "DELETE FROM notice_sent WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM review WHERE person IN (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM viewed WHERE person IN (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM disclosure WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND NOT EXISTS (SELECT 1 FROM kept"
		  " k WHERE k.id=consent_event.id)",
};

static int is_kept(struct run *r, int64_t id, bool *ret, struct err *err)
{
	int64_t one;

	return store_one_int(r->w->store, kept_sql, STORE_ARGS(S_INT(id)), &one,
			     ret, err);
}

/* --- records -------------------------------------------------------------- */

/* What came after it was decided is decided now; so is everything where
 * something of the person stays in use. */
static int goes(struct run *r, const struct item *item, bool *ret,
		struct err *err)
{
	enum erasure_verdict verdict;
	struct judged judged;
	bool kept = false;

	*ret = false;
	if (is_kept(r, item->id, &kept, err) != 0)
		return -1;
	if (kept)
		return 0;
	*ret = true;
	if (item->id > r->e.upto) {
		if (erasure_judge(r, item, &verdict, err) != 0)
			return -1;
		*ret = verdict == ERASURE_ERASE;
	} else if (!erasure_whole(&r->e)) {
		if (erasure_judged(r, item, &judged, err) != 0)
			return -1;
		*ret = judged.decision.verdict == ERASURE_ERASE;
	} else if (r->late) {
		if (erasure_judge_late(r, item, &verdict, err) != 0)
			return -1;
		*ret = verdict == ERASURE_ERASE;
	}
	return 0;
}

/* Ids rise: one that is younger than the decision did not count in it. */
static int look_for_holds(struct run *r, struct err *err)
{
	const struct hold_row *holds = NULL;
	size_t len = 0;

	if (hold_active(r->w, &holds, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		r->late |= holds[i].id > r->e.upto;
	return 0;
}

static int forget_kind(struct run *r, enum item_kind kind, int64_t id,
		       struct err *err)
{
	struct item item;
	bool found = false, may = false;

	if (item_load(r->w, kind, id, &item, &found, err) != 0)
		return -1;
	if (!found || !trail_has(&r->family, item.key_person))
		return 0;
	if (goes(r, &item, &may, err) != 0)
		return -1;
	return may ? forget_item(&r->f, &item, err) : 0;
}

static int visit_file(struct run *r, int64_t id, struct err *err)
{
	return forget_kind(r, ITEM_ATTACHMENT, id, err);
}

static int visit_note(struct run *r, int64_t id, struct err *err)
{
	return forget_kind(r, ITEM_NOTE, id, err);
}

/* Some names of files, to see in the end that they are not there. */
static int probe_file(struct run *r, int64_t message, struct err *err)
{
	struct store *st = r->w->store;
	struct store_rows *rows = NULL;
	char file[64] = "";
	int64_t probes = 0;
	bool found;
	int rc;

	if (store_start(st, name_sql, STORE_ARGS(S_INT(message)), &rows, err) !=
	    0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0)
		(void)store_word(store_column(st, rows, 0), file, sizeof(file));
	store_finish(st, &rows);
	if (rc < 0 || file[0] == '\0')
		return rc < 0 ? -1 : 0;
	if (store_one_int(st, probes_sql, STORE_ARGS(S_INT(r->e.id)), &probes,
			  &found, err) != 0)
		return -1;
	return probes < PROBE_FILES
		   ? erasure_probe(r, "file", message, file, strlen(file), err)
		   : 0;
}

static int visit_message(struct run *r, int64_t id, struct err *err)
{
	struct item item;
	bool found = false, may = false;

	if (item_load(r->w, ITEM_MESSAGE, id, &item, &found, err) != 0)
		return -1;
	if (!found || !trail_has(&r->family, item.key_person))
		return 0;
	if (goes(r, &item, &may, err) != 0 ||
	    (may && probe_file(r, id, err) != 0) ||
	    erasure_each(r, erasure_files_sql, id, visit_file, err) != 0)
		return -1;
	return may ? forget_item(&r->f, &item, err) : 0;
}

/* --- the end of a conversation -------------------------------------------- */

/* Whose the newest message is that is left; 0: there is none. */
static int left_by(struct run *r, int64_t conversation, int64_t *ret,
		   struct err *err)
{
	int64_t ids[PAGE], before = INT64_MAX;
	size_t len = PAGE;
	bool found = false;

	*ret = 0;
	while (len == PAGE) {
		if (lookup_conversation(r->w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (store_one_int(r->w->store, row_sql,
					  STORE_ARGS(S_INT(ids[i])), ret,
					  &found, err) != 0)
				return -1;
			if (found)
				return 0;
			before = ids[i];
		}
	}
	*ret = 0;
	return 0;
}

/* With what others wrote it is theirs; with what is kept it stays. */
static int end_conversation(struct run *r, int64_t id, struct err *err)
{
	struct store *st = r->w->store;
	int64_t by = 0, one;
	bool note = false;

	if (store_run(st, unqueue_sql, STORE_ARGS(S_INT(id)), err) != 0 ||
	    left_by(r, id, &by, err) != 0 ||
	    store_run(st, leave_sql, STORE_ARGS(S_INT(r->e.person), S_INT(id)),
		      err) != 0 ||
	    store_one_int(st, kept_note_sql,
			  STORE_ARGS(S_INT(r->e.person),
				     S_INT(r->family.ids[0]), S_INT(id)),
			  &one, &note, err) != 0)
		return -1;
	if (by == 0)
		return note ? 0
			    : store_run(st, remove_sql, STORE_ARGS(S_INT(id)),
					err);
	if (trail_has(&r->family, by))
		return 0;
	return store_run(st, hand_over_sql, STORE_ARGS(S_INT(by), S_INT(id)),
			 err);
}

static int visit_conversation(struct run *r, int64_t id, struct err *err)
{
	if (!erasure_whole(&r->e))
		return erasure_each(r, erasure_notes_sql, id, visit_note, err);
	if (erasure_each(r, erasure_loose_sql, id, visit_file, err) != 0 ||
	    erasure_each(r, erasure_notes_sql, id, visit_note, err) != 0)
		return -1;
	return end_conversation(r, id, err);
}

/* --- the step ------------------------------------------------------------- */

static int rows_of_person(struct run *r, struct err *err)
{
	bool held = false;

	if (r->late ? erasure_hold_person(r, &held, err) != 0
		    : erasure_held(r, &held, err) != 0)
		return -1;
	if (held)
		return 0;
	for (size_t i = 0; i < sizeof(person_sql) / sizeof(person_sql[0]); i++)
		if (erasure_run(r, person_sql[i], err) != 0)
			return -1;
	for (size_t i = 0; i < r->family.len; i++)
		if (package_forget_person(r->w, r->family.ids[i], err) != 0)
			return -1;
	return 0;
}

static int conversations(struct run *r, enum progress *ret, struct err *err)
{
	bool end = false;

	r->f.tells = !erasure_whole(&r->e);
	if (erasure_walk(r, visit_message, visit_conversation, &end, err) != 0)
		return -1;
	if (!end)
		return 0;
	if (!erasure_whole(&r->e)) {
		*ret = DONE;
		return 0;
	}
	r->e.cursor = IN_RAW;
	r->e.message = INT64_MAX;
	return rows_of_person(r, err);
}

int erasure_rows_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool end = false;

	*ret = GOES_ON;
	if (look_for_holds(r, err) != 0)
		return -1;
	if (r->e.cursor != IN_RAW)
		return conversations(r, ret, err);
	if (erasure_raw(r, &end, err) != 0)
		return -1;
	if (end)
		*ret = DONE;
	return 0;
}
