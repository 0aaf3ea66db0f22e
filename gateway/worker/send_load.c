/* send_load.c - what the archive knows about a row to send. */
#include "send.h"

#include "store/family.h"

#define CONTENT_MAX (8u * 1024 * 1024)
#define SEALED_MAX  (64u * 1024)

/* Only while the row still waits: it may have been dropped meanwhile. */
#define SQL_MESSAGE                                                   \
	"SELECT m.key_person,m.datenart,m.year,m.kind,m.state,"       \
	"m.content_sealed,c.person,c.channel,c.inbound_ms,c.helpdesk" \
	" FROM outbox o JOIN message m ON m.id=o.message"             \
	" JOIN conversation c ON c.id=m.conversation"                 \
	" WHERE o.id=? AND o.state='waiting'"
#define SQL_ADDRESSES                                                \
	PERSON_FAMILY                                                \
	"SELECT id,key_person,year,kind,address_sealed FROM address" \
	" WHERE person IN (SELECT id FROM family) AND to_ms IS NULL" \
	" ORDER BY from_ms DESC,id DESC LIMIT 16"
#define SQL_ATTACHMENT                                                     \
	"SELECT id,key_person,datenart,year,bytes,file,media_sealed FROM " \
	"attachment WHERE message=? AND state='outgoing' ORDER BY id LIMIT 1"

static bool text_copy(struct store_value v, char *ret, size_t size)
{
	if (v.type != STORE_TEXT || v.len >= size)
		return false;
	memcpy(ret, v.bytes, v.len);
	ret[v.len] = '\0';
	return true;
}

static bool name_copy(struct store_value v, struct name *ret)
{
	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

static int message_read(struct send_flight *f, struct store_rows *rows,
			struct buf *ret_content, struct err *err)
{
	struct store *st = f->w->store;
	struct store_value v = store_column(st, rows, 9);

	if (v.type == STORE_TEXT && !name_copy(v, &f->helpdesk))
		return ERR_SET(err, ERR_CORRUPT, "helpdesk is no name", 0);
	if (!name_copy(store_column(st, rows, 1), &f->key_ref.datenart) ||
	    !text_copy(store_column(st, rows, 3), f->kind, sizeof(f->kind)) ||
	    !text_copy(store_column(st, rows, 4), f->state, sizeof(f->state)) ||
	    !name_copy(store_column(st, rows, 7), &f->channel))
		return ERR_SET(err, ERR_CORRUPT, "message without names", 0);
	f->key_ref.person = store_column(st, rows, 0).num;
	f->key_ref.year = (uint16_t)store_column(st, rows, 2).num;
	f->person = store_column(st, rows, 6).num;
	f->inbound_ms = store_column(st, rows, 8).num;
	v = store_column(st, rows, 5);
	*ret_content = BUF_INIT(CONTENT_MAX);
	return v.type == STORE_BLOB
		   ? buf_append(ret_content, v.bytes, v.len, err)
		   : 0;
}

int send_load_message(struct send_flight *f, struct buf *ret_content,
		      bool *ret_found, struct err *err)
{
	static const char sql[] = SQL_MESSAGE;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(f->w->store, sql, STORE_ARGS(S_INT(f->lane->row)),
			&rows, err) != 0)
		return -1;
	rc = store_step(f->w->store, rows, err);
	*ret_found = rc == 1;
	if (rc == 1)
		rc = message_read(f, rows, ret_content, err);
	store_finish(f->w->store, &rows);
	return rc;
}

/* --- addresses ------------------------------------------------------------ */

static bool kind_taken(const struct send_flight *f, size_t len,
		       const char *kind)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(f->kinds[i], kind) == 0)
			return true;
	return false;
}

/* The newest of each kind. */
static int address_read(struct send_flight *f, struct store_rows *rows,
			struct send_sealed *ret, size_t *len, struct err *err)
{
	struct store *st = f->w->store;
	struct store_value v;
	char kind[sizeof(f->kinds[0])];

	if (*len == PARTY_ADDRESSES_MAX ||
	    !text_copy(store_column(st, rows, 3), kind, sizeof(kind)) ||
	    kind_taken(f, *len, kind))
		return 0;
	memcpy(f->kinds[*len], kind, sizeof(kind));
	ret[*len].id = store_column(st, rows, 0).num;
	ret[*len].key_ref.person = store_column(st, rows, 1).num;
	ret[*len].key_ref.year = (uint16_t)store_column(st, rows, 2).num;
	(void)name_set(&ret[*len].key_ref.datenart, "CONTACT", 7);
	ret[*len].bytes = BUF_INIT(SEALED_MAX);
	v = store_column(st, rows, 4);
	if (buf_append(&ret[*len].bytes, v.bytes, v.len, err) != 0)
		return -1;
	++*len;
	return 0;
}

int send_load_addresses(struct send_flight *f,
			struct send_sealed ret[PARTY_ADDRESSES_MAX],
			size_t *ret_len, struct err *err)
{
	static const char sql[] = SQL_ADDRESSES;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(f->w->store, sql, STORE_ARGS(S_INT(f->person)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(f->w->store, rows, err)) == 1) {
		rc = address_read(f, rows, ret, ret_len, err);
		if (rc != 0)
			break;
	}
	store_finish(f->w->store, &rows);
	return rc;
}

/* --- attachment ----------------------------------------------------------- */

static int attachment_read(struct send_flight *f, struct store_rows *rows,
			   struct buf *ret_media, struct err *err)
{
	struct send_attachment *a = &f->attachment;
	struct store *st = f->w->store;
	struct store_value v = store_column(st, rows, 6);

	a->id = store_column(st, rows, 0).num;
	a->key_ref.person = store_column(st, rows, 1).num;
	a->key_ref.year = (uint16_t)store_column(st, rows, 3).num;
	a->bytes = store_column(st, rows, 4).num;
	if (!name_copy(store_column(st, rows, 2), &a->key_ref.datenart) ||
	    !text_copy(store_column(st, rows, 5), a->file, sizeof(a->file)))
		return ERR_SET(err, ERR_CORRUPT, "attachment has no file", 0);
	*ret_media = BUF_INIT(SEALED_MAX);
	return buf_append(ret_media, v.bytes, v.len, err);
}

int send_load_attachment(struct send_flight *f, struct buf *ret_media,
			 struct err *err)
{
	static const char sql[] = SQL_ATTACHMENT;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(f->w->store, sql, STORE_ARGS(S_INT(f->lane->message)),
			&rows, err) != 0)
		return -1;
	rc = store_step(f->w->store, rows, err);
	if (rc == 1)
		rc = attachment_read(f, rows, ret_media, err);
	store_finish(f->w->store, &rows);
	return rc;
}
