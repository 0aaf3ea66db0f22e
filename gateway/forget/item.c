/* item.c - a record, read from its row.
 *
 * Source: DIN 66398; compliance 3.2. */
#include "item.h"

#include "worker/expired.h"

static const char *const kind_names[ITEM_KINDS] = {
    [ITEM_MESSAGE] = "message",
    [ITEM_ATTACHMENT] = "attachment",
    [ITEM_QUARANTINE] = "quarantine",
    [ITEM_NOTE] = "note",
};

/* id, person, key_person, conversation, message, channel, datenart, year,
 * when it came, when its conversation was closed, empty, told */
#define CLOSED "CASE c.state WHEN 'closed' THEN coalesce(c.closed_ms,0) END"
static const char *const load_sql[ITEM_KINDS] = {
    [ITEM_MESSAGE] =
	"SELECT m.id,c.person,m.key_person,m.conversation,m.id,c.channel,"
	"m.datenart,m.year,m.received_ms," CLOSED ","
	"CASE WHEN m.content_sealed IS NULL THEN 1 ELSE 0 END,"
	"CASE WHEN " EXPIRED_TOLD " THEN 1 ELSE 0 END"
	" FROM message m LEFT JOIN conversation c ON c.id=m.conversation"
	" WHERE m.id=?",
    [ITEM_ATTACHMENT] =
	"SELECT a.id,c.person,a.key_person,a.conversation,a.message,a.channel,"
	"a.datenart,a.year,a.created_ms," CLOSED ","
	"CASE a.state WHEN 'gone' THEN 1 ELSE 0 END,0"
	" FROM attachment a LEFT JOIN conversation c ON c.id=a.conversation"
	" WHERE a.id=?",
    [ITEM_QUARANTINE] = "SELECT id,0,0,0,0,channel,'RAW',year,received_ms,NULL,"
			"0,0 FROM quarantine WHERE id=?",
    [ITEM_NOTE] =
	"SELECT n.id,c.person,n.key_person,n.conversation,0,c.channel,"
	"n.datenart,n.year,n.at_ms," CLOSED ",0,0"
	" FROM note n LEFT JOIN conversation c ON c.id=n.conversation"
	" WHERE n.id=?",
};

const char *item_kind_name(enum item_kind kind)
{
	return kind_names[kind];
}

static int64_t number(struct worker *w, struct store_rows *rows, unsigned int i)
{
	struct store_value v = store_column(w->store, rows, i);

	return v.type == STORE_INT ? v.num : 0;
}

/* "": the conversation is gone, and with it the channel. */
static bool name(struct worker *w, struct store_rows *rows, unsigned int i,
		 struct name *ret)
{
	struct store_value v = store_column(w->store, rows, i);

	*ret = (struct name){""};
	return v.type == STORE_NULL || name_set(ret, v.bytes, v.len);
}

static int read_row(struct worker *w, struct store_rows *rows, struct item *ret,
		    struct err *err)
{
	ret->id = number(w, rows, 0);
	ret->person = number(w, rows, 1);
	ret->key_person = number(w, rows, 2);
	ret->conversation = number(w, rows, 3);
	ret->message = number(w, rows, 4);
	ret->year = (uint16_t)number(w, rows, 7);
	ret->received_ms = number(w, rows, 8);
	ret->closed_ms = number(w, rows, 9);
	ret->empty = number(w, rows, 10) != 0;
	ret->told = number(w, rows, 11) != 0;
	if (name(w, rows, 5, &ret->channel) && name(w, rows, 6, &ret->datenart))
		return 0;
	return ERR_SET(err, ERR_CORRUPT, "names of an item", 0);
}

int item_load(struct worker *w, enum item_kind kind, int64_t id,
	      struct item *ret, bool *ret_found, struct err *err)
{
	struct item item = {.kind = kind};
	struct store_rows *rows = NULL;
	int rc;

	*ret_found = false;
	if (store_start(w->store, load_sql[kind], STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		*ret_found = true;
		rc = read_row(w, rows, &item, err);
	}
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	if (*ret_found)
		*ret = item;
	return 0;
}
