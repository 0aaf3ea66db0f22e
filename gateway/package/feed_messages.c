/* feed_messages.c - messages of a person with all that hangs on them. */
#include "feed_inside.h"

#include "postern/caldate.h"

#include "worker/restriction.h"

#define FILES_MAX 400 /* of one page */
#define NO_SLOT	  SIZE_MAX

static const char message_sql[] =
    "SELECT m.id,m.key_person,m.datenart,m.year,m.content_sealed,m.direction,"
    "m.kind,m.state,m.provider_ms,m.received_ms,m.target,m.error,m.outcome,"
    "m.tags,m.campaign,k.verdict,k.reason,k.until_day FROM message m"
    " LEFT JOIN kept k ON k.id=m.id WHERE m.id=?";
static const char files_sql[] =
    "SELECT id,key_person,datenart,year,media_sealed,state,reason,bytes,"
    "file IS NOT NULL FROM attachment WHERE message=? ORDER BY id";

struct file {
	int64_t id, bytes;
	bool there;
	char state[16], reason[32];
	struct name datenart;
	size_t slot;
};
struct message {
	int64_t id, provider_ms, received_ms, target, error, outcome, tags,
	    until_day;
	char direction[8], kind[32], state[16], campaign[2 * NAME_LEN_MAX + 2],
	    verdict[32], reason[48];
	struct name datenart;
	const struct feed_conversation *conversation;
	bool restricted;
	size_t slot, files_at, files_len;
};
struct reading {
	struct feed *f;
	struct keeper_batch *batch;
	struct message messages[FEED_PAGE];
	struct file files[FILES_MAX];
	size_t len, files_len;
};

/* --- rows ----------------------------------------------------------------- */

static size_t add_open(struct reading *r, struct store_rows *rows,
		       int64_t record, enum seal_field field,
		       struct name *ret_datenart)
{
	struct store *st = r->f->w->store;
	struct store_value sealed = store_column(st, rows, 4);
	struct key_ref key = {.person = store_column(st, rows, 1).num,
			      .year = (uint16_t)store_column(st, rows, 3).num};
	char word[NAME_LEN_MAX + 1];

	if (!store_word(store_column(st, rows, 2), word, sizeof(word)) ||
	    !name_set(&key.datenart, word, strlen(word)))
		return NO_SLOT;
	*ret_datenart = key.datenart;
	if (sealed.type != STORE_BLOB || sealed.len == 0)
		return NO_SLOT;
	return keeper_add_open(r->batch, &key, record, field, sealed.bytes,
			       sealed.len);
}

static int64_t number(struct store_value v)
{
	return v.type == STORE_INT ? v.num : 0;
}

static int take_message(struct reading *r, struct store_rows *rows,
			struct message *m, struct err *err)
{
	struct store *st = r->f->w->store;

	m->id = store_column(st, rows, 0).num;
	m->slot = add_open(r, rows, m->id, FIELD_CONTENT, &m->datenart);
	m->provider_ms = number(store_column(st, rows, 8));
	m->received_ms = number(store_column(st, rows, 9));
	m->target = number(store_column(st, rows, 10));
	m->error = number(store_column(st, rows, 11));
	m->outcome = store_column(st, rows, 12).num;
	m->tags = store_column(st, rows, 13).num;
	m->until_day = number(store_column(st, rows, 17));
	if (!store_word(store_column(st, rows, 5), m->direction,
			sizeof(m->direction)) ||
	    !store_word(store_column(st, rows, 6), m->kind, sizeof(m->kind)) ||
	    !store_word(store_column(st, rows, 7), m->state,
			sizeof(m->state)) ||
	    !store_word(store_column(st, rows, 14), m->campaign,
			sizeof(m->campaign)) ||
	    !store_word(store_column(st, rows, 15), m->verdict,
			sizeof(m->verdict)) ||
	    !store_word(store_column(st, rows, 16), m->reason,
			sizeof(m->reason)))
		return ERR_SET(err, ERR_CORRUPT, "row of a message", 0);
	return 0;
}

/* *ret_there false: it was deleted since. */
static int read_message(struct reading *r, int64_t id, bool *ret_there,
			struct err *err)
{
	struct message *m = &r->messages[r->len];
	struct store_rows *rows = NULL;
	int rc;

	*m = (struct message){0};
	if (store_start(r->f->w->store, message_sql, STORE_ARGS(S_INT(id)),
			&rows, err) != 0)
		return -1;
	rc = store_step(r->f->w->store, rows, err);
	*ret_there = rc > 0;
	if (rc > 0)
		rc = take_message(r, rows, m, err);
	store_finish(r->f->w->store, &rows);
	return rc;
}

static int take_file(struct reading *r, struct store_rows *rows,
		     struct err *err)
{
	struct store *st = r->f->w->store;
	struct file *file = &r->files[r->files_len++];

	*file = (struct file){.id = store_column(st, rows, 0).num};
	file->slot = add_open(r, rows, file->id, FIELD_MEDIA, &file->datenart);
	file->bytes = number(store_column(st, rows, 7));
	if (!store_word(store_column(st, rows, 5), file->state,
			sizeof(file->state)) ||
	    !store_word(store_column(st, rows, 6), file->reason,
			sizeof(file->reason)))
		return ERR_SET(err, ERR_CORRUPT, "row of an attachment", 0);
	file->there = store_column(st, rows, 8).num != 0 &&
		      (strcmp(file->state, "kept") == 0 ||
		       strcmp(file->state, "outgoing") == 0);
	return 0;
}

static int read_files(struct reading *r, struct message *m, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	m->files_at = r->files_len;
	if (store_start(r->f->w->store, files_sql, STORE_ARGS(S_INT(m->id)),
			&rows, err) != 0)
		return -1;
	while (r->files_len < FILES_MAX &&
	       (rc = store_step(r->f->w->store, rows, err)) > 0) {
		rc = take_file(r, rows, err);
		if (rc != 0)
			break;
	}
	store_finish(r->f->w->store, &rows);
	m->files_len = r->files_len - m->files_at;
	return rc < 0 ? -1 : 0;
}

static int read_one(struct reading *r, struct err *err)
{
	struct feed *f = r->f;
	struct message *m = &r->messages[r->len];
	const struct feed_conversation *c = feed_conversation_at(f, f->at);
	bool there = false;

	if (read_message(r, f->ids[f->at++], &there, err) != 0)
		return -1;
	if (!there || (f->facts.kind == PACKAGE_PORTABILITY &&
		       (strcmp(m->direction, "in") != 0 ||
			!feed_portable(f, &c->channel))))
		return 0;
	m->conversation = c;
	r->len++;
	if (restriction_of(f->w, c->person, c->id, &m->restricted, err) != 0)
		return -1;
	return read_files(r, m, err);
}

/* --- as JSON -------------------------------------------------------------- */

static json_t *file_json(struct reading *r, const struct file *file,
			 unsigned int *ret_found)
{
	struct feed *f = r->f;
	const char *why = "", *type;
	json_t *media = file->slot != NO_SLOT
			    ? feed_opened(r->batch, file->slot, &why)
			    : NULL;
	json_t *one =
	    json_pack("{s:o}", "id", feed_id(f->w, ID_ATTACHMENT, file->id));
	char path[FEED_PATH_BYTES];

	feed_set_member(f, one, media, "name", ret_found);
	type = json_string_value(json_object_get(media, "mime"));
	feed_set_text(one, "type", type != NULL ? type : "");
	if (file->bytes > 0)
		(void)json_object_set_new(one, "bytes",
					  json_integer(file->bytes));
	if (file->there) {
		feed_media_path(f->w, file->id, type != NULL ? type : "", path);
		feed_set_text(one, "path", path);
	}
	if (f->facts.kind == PACKAGE_ACCESS) {
		feed_set_text(one, "state", file->state);
		feed_set_text(one, "reason", file->reason);
		feed_set_text(one, "datenart", file->datenart.text);
	}
	if (media == NULL && file->slot != NO_SLOT)
		feed_set_text(one, "name_is", why);
	json_decref(media);
	return one;
}

static void add_files(struct reading *r, const struct message *m,
		      json_t *record, unsigned int *ret_found)
{
	json_t *list;

	if (m->files_len == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < m->files_len; i++)
		(void)json_array_append_new(
		    list, file_json(r, &r->files[m->files_at + i], ret_found));
	(void)json_object_set_new(record, "attachments", list);
}

/* What was thought of it when it came: no data of others. */
static json_t *tags_json(int64_t tags)
{
	json_t *list = json_array();

	if (tags & 1)
		(void)json_array_append_new(list,
					    json_string("special_category"));
	for (int i = 0; i < FIND_PATTERN; i++)
		if (tags & (int64_t)MSG_TAG_FOUND(i))
			(void)json_array_append_new(
			    list,
			    json_string(policy_find_name((enum policy_find)i)));
	return list;
}

static void add_marks(struct reading *r, const struct message *m,
		      const json_t *content, json_t *record)
{
	char day[CALDATE_BYTES];
	const char *basis = feed_basis(r->f->w, m->conversation->channel.text);
	json_t *kept;

	feed_set_text(record, "state", m->state);
	feed_set_text(record, "datenart", m->datenart.text);
	feed_set_text(record, "basis", basis != NULL ? basis : "");
	feed_set_text(record, "campaign", m->campaign);
	if (m->error != 0)
		(void)json_object_set_new(record, "error",
					  json_integer(m->error));
	if (m->tags != 0)
		(void)json_object_set_new(record, "tags", tags_json(m->tags));
	if (json_object_get(content, "redacted") != NULL)
		(void)json_object_set(record, "taken_out_before_storing",
				      json_object_get(content, "redacted"));
	if (m->restricted)
		(void)json_object_set_new(record, "restricted", json_true());
	if (m->verdict[0] == '\0')
		return;
	kept =
	    json_pack("{s:s,s:s}", "verdict", m->verdict, "reason", m->reason);
	if (m->until_day != 0) {
		caldate_format(m->until_day, day);
		feed_set_text(kept, "until", day);
	}
	(void)json_object_set_new(record, "kept", kept);
}

static json_t *message_json(struct reading *r, const struct message *m)
{
	static const char *const members[] = {"text", "emoji", "removed",
					      "template", "notice"};
	struct feed *f = r->f;
	const char *why = "";
	unsigned int found = 0;
	json_t *content =
	    m->slot != NO_SLOT ? feed_opened(r->batch, m->slot, &why) : NULL;
	json_t *record = json_pack(
	    "{s:o,s:o,s:s,s:o,s:s,s:s}", "id", feed_id(f->w, ID_MESSAGE, m->id),
	    "conversation", feed_id(f->w, ID_CONVERSATION, m->conversation->id),
	    "channel", m->conversation->channel.text, "at",
	    feed_time(m->provider_ms != 0 ? m->provider_ms : m->received_ms),
	    "direction", m->direction, "kind", m->kind);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		feed_set_member(f, record, content, members[i], &found);
	if (m->target != 0)
		(void)json_object_set_new(record, "target",
					  feed_id(f->w, ID_MESSAGE, m->target));
	add_files(r, m, record, &found);
	if (m->slot != NO_SLOT && content == NULL)
		feed_set_text(record, "content_is", why);
	if (found != 0)
		(void)json_object_set_new(record, "masked",
					  thirds_names(found));
	if (f->facts.kind == PACKAGE_ACCESS)
		add_marks(r, m, content, record);
	json_decref(content);
	return record;
}

/* --- a page --------------------------------------------------------------- */

static int read_all(struct reading *r, struct feed_page *ret, struct err *err)
{
	struct feed *f = r->f;

	/* One message may have many files; the next page begins before it
	 * would not fit. */
	for (size_t i = 0; i < FEED_PAGE && f->at < f->ids_len &&
			   r->files_len < FILES_MAX / 2;
	     i++)
		if (read_one(r, err) != 0)
			return -1;
	if (keeper_run(r->batch, err) != 0)
		return -1;
	for (size_t i = 0; i < r->len; i++)
		(void)json_array_append_new(ret->records,
					    message_json(r, &r->messages[i]));
	ret->more = f->at < f->ids_len;
	return 0;
}

int feed_page_messages(struct feed *f, struct feed_page *ret, struct err *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "messages of a person", 0);
	r->f = f;
	if (keeper_batch_new(f->w->keeper, &r->batch, err) == 0)
		rc = read_all(r, ret, err);
	keeper_batch_free(&r->batch);
	free(r);
	return rc;
}
