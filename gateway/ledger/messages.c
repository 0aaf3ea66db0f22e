/* messages.c - do the messages of an archive agree with its log?
 *
 * Three tables are read side by side, each in its order and once: entries with
 * their lists, messages, ledger_gone.  That works because messages are added
 * in the order of their ids (docs/archive.md), so the lists of
 * messages.archived, one after the other, are the messages.  Only what was
 * changed or forgotten is looked up by its id.
 *
 * In slices, each of one state of the archive: while one state is read, the
 * log of writes cannot be emptied, and an erasure waits for that.  Between two
 * of them the gateway may do anything that it tells the log. */
#include <stdlib.h>
#include <string.h>

#include "postern/ledger.h"
#include "postern/ledgerbatch.h"

/* While this one is read, and it is never read to its end, the others see one
 * state of the archive. */
static const char hold_sql[] = "SELECT name FROM meta";
static const char bounds_sql[] =
    "SELECT min(id),max(id) FROM ledger_entry WHERE id>=0";
static const char since_sql[] =
    "SELECT value FROM meta WHERE name='" LEDGER_META_FROM "'";
static const char entries_sql[] =
    "SELECT e.id,e.body,b.messages FROM ledger_entry e LEFT JOIN ledger_batch b"
    " ON b.entry=e.id WHERE e.id>=? ORDER BY e.id";
static const char list_sql[] =
    "SELECT e.id,e.body,b.messages FROM ledger_entry e JOIN ledger_batch b"
    " ON b.entry=e.id WHERE e.id=?";
static const char stray_sql[] =
    "SELECT b.entry FROM ledger_batch b WHERE b.entry>=? AND NOT EXISTS"
    " (SELECT 1 FROM ledger_entry e WHERE e.id=b.entry) ORDER BY b.entry"
    " LIMIT 1";
static const char messages_sql[] =
    "SELECT id,content_sealed FROM message WHERE id>=? ORDER BY id";
static const char message_sql[] =
    "SELECT id,content_sealed FROM message WHERE id=?";
static const char gone_sql[] =
    "SELECT message,entry FROM ledger_gone WHERE message>=? ORDER BY message";
static const char gone_one_sql[] =
    "SELECT entry FROM ledger_gone WHERE message=?";

#define NO_ENTRY UINT64_MAX

struct listed {
	int64_t id;
	size_t place;
	uint8_t record[LEDGER_RECORD_BYTES];
};
/* What an entry says, by rising id; of a message that it lists twice the last
 * word. */
struct list {
	uint64_t entry;
	enum ledger_event event;
	size_t len;
	struct listed messages[LEDGER_BATCH_MAX];
};

struct cursor {
	struct store_rows *rows; /* NULL: not begun */
	bool there;
	int64_t id;
};

struct check {
	struct store *st;
	struct ledger_message_finding found;
	struct store_rows *hold, *entries;
	struct cursor messages, gone;
	int64_t first, next, end; /* entries: not pruned, to be read, all */
	int64_t since;	    /* messages from here on are listed; 0: unknown */
	int64_t at;	    /* messages below were seen; 0: none yet */
	size_t work;	    /* left of this slice */
	struct list list;   /* of the entry looked at */
	struct list latest; /* of one that changed or forgot something */
};

/* Ends the search; 0, so that saying so is one line. */
static int found(struct check *c, enum ledger_message_fault fault,
		 uint64_t entry, int64_t message)
{
	c->found = (struct ledger_message_finding){fault, entry, message};
	return 0;
}

static bool sound(const struct check *c)
{
	return c->found.fault == LEDGER_MESSAGES_SOUND;
}

/* --- lists ---------------------------------------------------------------- */

static int64_t number(const uint8_t *bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return (int64_t)v;
}

static int by_id(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void sort(struct list *list)
{
	size_t kept = 0;
	bool rising = true;

	for (size_t i = 1; i < list->len && rising; i++)
		rising = list->messages[i - 1].id < list->messages[i].id;
	if (rising)
		return;
	qsort(list->messages, list->len, sizeof(list->messages[0]), by_id);
	for (size_t i = 0; i < list->len; i++) {
		if (kept > 0 &&
		    list->messages[kept - 1].id == list->messages[i].id)
			kept--;
		list->messages[kept++] = list->messages[i];
	}
	list->len = kept;
}

/* Is this the list the entry has number and root of? */
static bool proven(struct store_value records, const struct ledger_told *told)
{
	struct merkle_hash root;
	size_t len = records.len / LEDGER_RECORD_BYTES;

	if (records.type != STORE_BLOB || !told->counted || !told->rooted ||
	    records.len % LEDGER_RECORD_BYTES != 0 || len < 1 ||
	    len > LEDGER_BATCH_MAX || told->count != len)
		return false;
	ledger_batch_root(records.bytes, len, &root);
	return merkle_equal(&root, &told->root);
}

static void take(struct store_value records, struct list *ret)
{
	const uint8_t *at = records.bytes;

	ret->len = records.len / LEDGER_RECORD_BYTES;
	for (size_t i = 0; i < ret->len; i++, at += LEDGER_RECORD_BYTES) {
		ret->messages[i].id = number(at);
		ret->messages[i].place = i;
		memcpy(ret->messages[i].record, at, LEDGER_RECORD_BYTES);
	}
	sort(ret);
}

/* Of a row of entries_sql or list_sql.  *ret false: the entry has no list, or
 * something was found. */
static int read_list(struct check *c, struct store_rows *rows, struct list *to,
		     bool *ret)
{
	static const char mark[] = "\"e\":\"messages.";
	struct store_value body = store_column(c->st, rows, 1);
	struct store_value records = store_column(c->st, rows, 2);
	struct ledger_told told;

	*ret = false;
	to->entry = (uint64_t)store_column(c->st, rows, 0).num;
	/* Nearly all of a log may be about something else. */
	if (memmem(body.bytes, body.len, mark, sizeof(mark) - 1) == NULL)
		return records.type == STORE_NULL
			   ? 0
			   : found(c, LEDGER_LIST_STRAY, to->entry, 0);
	if (records.type == STORE_NULL)
		return found(c, LEDGER_LIST_MISSING, to->entry, 0);
	if (ledger_entry_parse(body.bytes, body.len, &told, NULL) != 0 ||
	    !proven(records, &told))
		return found(c, LEDGER_LIST_CHANGED, to->entry, 0);
	to->event = told.event;
	take(records, to);
	*ret = true;
	return 0;
}

static const struct listed *find(const struct list *list, int64_t message)
{
	size_t low = 0, high = list->len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (list->messages[mid].id < message)
			low = mid + 1;
		else
			high = mid;
	}
	return low < list->len && list->messages[low].id == message
		   ? &list->messages[low]
		   : NULL;
}

/* What ledger_gone names: entry has to be above above, and list the message.
 * *ret NULL: something was found. */
static int find_latest(struct check *c, uint64_t entry, uint64_t above,
		       int64_t message, const struct listed **ret,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	bool taken = c->latest.entry == entry;
	int rc = 0;

	*ret = NULL;
	if (!taken) {
		c->latest.entry = NO_ENTRY;
		if (store_start(c->st, list_sql, STORE_ARGS(S_INT(entry)),
				&rows, err) != 0)
			return -1;
		rc = store_step(c->st, rows, err);
		if (rc > 0)
			rc = read_list(c, rows, &c->latest, &taken);
		store_finish(c->st, &rows);
		if (!taken) /* not to be taken for read */
			c->latest.entry = NO_ENTRY;
	}
	if (rc < 0 || !sound(c))
		return rc;
	if (taken && entry > above && entry <= INT64_MAX &&
	    c->latest.event != LEDGER_MESSAGES_ARCHIVED)
		*ret = find(&c->latest, message);
	return *ret != NULL ? 0 : found(c, LEDGER_GONE_WRONG, entry, message);
}

/* --- messages ------------------------------------------------------------- */

static int cursor_step(struct check *c, struct cursor *at, struct err *err)
{
	int rc = store_step(c->st, at->rows, err);

	at->there = rc > 0;
	if (rc > 0)
		at->id = store_column(c->st, at->rows, 0).num;
	return rc < 0 ? -1 : 0;
}

/* At the first row that was not seen yet. */
static int cursor_begin(struct check *c, struct cursor *at, const char *sql,
			struct err *err)
{
	if (at->rows != NULL)
		return 0;
	if (store_start(c->st, sql, STORE_ARGS(S_INT(c->at)), &at->rows, err) !=
	    0)
		return -1;
	return cursor_step(c, at, err);
}

static int cursors_begin(struct check *c, struct err *err)
{
	return cursor_begin(c, &c->messages, messages_sql, err) != 0
		   ? -1
		   : cursor_begin(c, &c->gone, gone_sql, err);
}

/* What is there of a message, beside what the newest entry says. */
static void compare(struct check *c, uint64_t entry, const struct listed *says,
		    bool there, struct store_value content)
{
	const struct ledger_message is = {
	    .fate = there ? LEDGER_ARCHIVED : LEDGER_REMOVED,
	    .id = says->id,
	    .sealed = content.type == STORE_BLOB ? content.bytes : NULL,
	    .len = content.len,
	};
	uint8_t record[LEDGER_RECORD_BYTES];

	ledger_message_record(&is, record);
	if (memcmp(record, says->record, sizeof(record)) != 0)
		(void)found(
		    c, there ? LEDGER_MESSAGE_CHANGED : LEDGER_MESSAGE_MISSING,
		    entry, says->id);
}

/* Messages below id that nobody listed. */
static void nobody_below(struct check *c, int64_t id)
{
	if (c->messages.there && c->messages.id < id)
		(void)found(c, LEDGER_MESSAGE_UNKNOWN, NO_ENTRY,
			    c->messages.id);
}

static int check_archived(struct check *c, const struct listed *says,
			  struct err *err)
{
	uint64_t entry = c->list.entry;
	bool there;

	if (says->id < c->at || says->id == INT64_MAX)
		return found(c, LEDGER_LIST_CHANGED, entry, says->id);
	c->at = says->id + 1;
	nobody_below(c, says->id);
	while (c->gone.there && c->gone.id < says->id)
		if (cursor_step(c, &c->gone, err) != 0)
			return -1;
	if (sound(c) && c->gone.there && c->gone.id == says->id) {
		entry = (uint64_t)store_column(c->st, c->gone.rows, 1).num;
		if (find_latest(c, entry, c->list.entry, says->id, &says,
				err) != 0)
			return -1;
	}
	if (!sound(c))
		return 0;
	there = c->messages.there && c->messages.id == says->id;
	compare(c, entry, says, there,
		there ? store_column(c->st, c->messages.rows, 1) : S_NULL);
	return there && sound(c) ? cursor_step(c, &c->messages, err) : 0;
}

/* Where the messages begin that the log knows, first being the first one of a
 * list. */
static void begin(struct check *c, int64_t first)
{
	if (c->at != 0)
		return;
	/* What a pruned list had is not known any more. */
	c->at = first;
	if (c->first == 0 && c->since != 0 && c->since < first)
		c->at = c->since;
}

/* --- what was changed or forgotten ---------------------------------------- */

static int look_at(struct check *c, const struct listed *says, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(c->st, message_sql, STORE_ARGS(S_INT(says->id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(c->st, rows, err);
	if (rc >= 0)
		compare(c, c->list.entry, says, rc > 0,
			rc > 0 ? store_column(c->st, rows, 1) : S_NULL);
	store_finish(c->st, &rows);
	return rc < 0 ? -1 : 0;
}

static int check_touched(struct check *c, const struct listed *says,
			 struct err *err)
{
	const struct listed *newer;
	uint64_t entry = c->list.entry;
	int64_t gone = 0;
	bool any = false;

	if (store_one_int(c->st, gone_one_sql, STORE_ARGS(S_INT(says->id)),
			  &gone, &any, err) != 0)
		return -1;
	if (!any || gone < 0 || (uint64_t)gone < entry)
		return found(c, LEDGER_GONE_WRONG, entry, says->id);
	if ((uint64_t)gone == entry)
		return look_at(c, says, err);
	return find_latest(c, (uint64_t)gone, entry, says->id, &newer, err);
}

/* --- all of it ------------------------------------------------------------ */

static int check_list(struct check *c, struct err *err)
{
	bool archived = c->list.event == LEDGER_MESSAGES_ARCHIVED;

	c->work -= c->work < c->list.len ? c->work : c->list.len;
	if (archived) {
		begin(c, c->list.messages[0].id);
		if (cursors_begin(c, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < c->list.len && sound(c); i++)
		if ((archived ? check_archived : check_touched)(
			c, &c->list.messages[i], err) != 0)
			return -1;
	return 0;
}

/* After the last list. */
static int check_rest(struct check *c, struct err *err)
{
	int64_t entry = 0;
	bool stray = false;

	/* A log that lists nothing yet: 0 without a beginning. */
	if (c->at == 0 && c->first == 0)
		c->at = c->since;
	if (c->at != 0) {
		if (cursors_begin(c, err) != 0)
			return -1;
		nobody_below(c, INT64_MAX);
	}
	if (!sound(c))
		return 0;
	if (store_one_int(c->st, stray_sql, STORE_ARGS(S_INT(c->first)), &entry,
			  &stray, err) != 0)
		return -1;
	return stray ? found(c, LEDGER_LIST_STRAY, (uint64_t)entry, 0) : 0;
}

/* --- slices --------------------------------------------------------------- */

static int read_since(struct check *c, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(c->st, since_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(c->st, rows, err);
	v = rc > 0 ? store_column(c->st, rows, 0) : S_NULL;
	if (v.type == STORE_BLOB && v.len == 8)
		c->since = number(v.bytes);
	store_finish(c->st, &rows);
	return rc < 0 ? -1 : 0;
}

static int read_bounds(struct check *c, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value first, last;
	int rc;

	if (store_start(c->st, bounds_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(c->st, rows, err);
	if (rc > 0) {
		first = store_column(c->st, rows, 0);
		last = store_column(c->st, rows, 1);
		c->first = first.type == STORE_INT ? first.num : 0;
		c->end = last.type == STORE_INT ? last.num : -1;
	}
	store_finish(c->st, &rows);
	return rc < 0 ? -1 : 0;
}

static void slice_end(struct check *c)
{
	store_finish(c->st, &c->entries);
	store_finish(c->st, &c->messages.rows);
	store_finish(c->st, &c->gone.rows);
	store_finish(c->st, &c->hold);
}

static int slice_begin(struct check *c, struct err *err)
{
	c->work = LEDGER_CHECK_SLICE;
	c->messages.there = c->gone.there = false;
	if (store_start(c->st, hold_sql, STORE_NO_ARGS, &c->hold, err) != 0 ||
	    store_step(c->st, c->hold, err) < 0 || read_bounds(c, err) != 0)
		return -1;
	/* Pruned while nobody looked: begun anew with what is left. */
	if (c->next < c->first) {
		c->next = c->first;
		c->at = 0;
	}
	return store_start(c->st, entries_sql, STORE_ARGS(S_INT(c->next)),
			   &c->entries, err);
}

/* *ret_left false: there was nothing more. */
static int slice(struct check *c, bool *ret_left, struct err *err)
{
	bool any = false;
	int rc = 1;

	*ret_left = true;
	if (slice_begin(c, err) != 0)
		return -1;
	while (sound(c) && c->work > 0) {
		rc = store_step(c->st, c->entries, err);
		if (rc <= 0)
			break;
		c->work--;
		if (read_list(c, c->entries, &c->list, &any) != 0 ||
		    (any && check_list(c, err) != 0))
			return -1;
		c->next = (int64_t)c->list.entry + 1;
	}
	if (rc == 0) {
		*ret_left = false;
		return check_rest(c, err);
	}
	return rc < 0 ? -1 : 0;
}

int ledger_check_messages(struct store *st, ledger_messages_progress progress,
			  void *progress_ctx,
			  struct ledger_message_finding *ret, struct err *err)
{
	struct check *c = calloc(1, sizeof(*c));
	bool left = true;
	int rc;

	if (c == NULL)
		return ERR_SET(err, ERR_NOMEM, "check of messages", 0);
	c->st = st;
	c->latest.entry = NO_ENTRY;
	rc = read_since(c, err);
	while (rc == 0 && left && sound(c)) {
		rc = slice(c, &left, err);
		slice_end(c);
		if (rc == 0 && progress != NULL)
			progress(progress_ctx, (uint64_t)(c->next - c->first),
				 (uint64_t)(c->end - c->first + 1));
	}
	if (rc == 0)
		*ret = c->found;
	if (rc == 0 && sound(c))
		ret->entry = NO_ENTRY;
	free(c);
	return rc;
}
