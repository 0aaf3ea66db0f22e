/* show.c - a conversation and its messages, as its helpdesk may see them. */
#include "show.h"

#include "conversation.h"
#include "mask.h"
#include "postern/jsonmem.h"
#include "postern/lookup.h"
#include "problem.h"
#include "purpose.h"
#include "route.h"
#include "worker/decide_told.h"
#include "worker/kept.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200
#define FILES_MAX    400

#define MESSAGE_COLUMNS                                                \
	"SELECT id, conversation, key_person, direction, kind, state," \
	" datenart, year, provider_ms, received_ms, target, error,"    \
	" content_sealed, outcome FROM message "
/* What the helpdesk was not told of it does not find here either; 3, 4:
 * MSG_HELD, MSG_KEPT. */
#define TOLD " AND (direction='out' OR outcome NOT IN (3,4))"
static const char sql_one[] = MESSAGE_COLUMNS "WHERE id=?" TOLD;
static const char sql_of[] =
    MESSAGE_COLUMNS "WHERE id=? AND conversation=?" TOLD;
/* All there is. */
static const char sql_any[] = MESSAGE_COLUMNS "WHERE id=?";
static const char sql_any_of[] =
    MESSAGE_COLUMNS "WHERE id=? AND conversation=?";
static const char sql_files[] =
    "SELECT id, key_person, datenart, year, state, reason, bytes, media_sealed"
    " FROM attachment WHERE message=?";

#define NO_SLOT ((size_t)-1)

struct file {
	int64_t id, bytes;
	bool has_bytes;
	char state[16], reason[32];
	size_t slot;
};

struct message {
	int64_t id, conversation, provider_ms, received_ms, target, error;
	bool has_target, has_error;
	char direction[8], kind[32], state[16];
	struct name datenart;
	enum message_outcome outcome;
	bool sees_text, sees_attachments;
	size_t slot; /* in the batch; NO_SLOT: nothing sealed, or not seen */
	size_t files_at, files_len;
};

/* One page: rows and the batch that opens all of it at once. */
struct page {
	struct worker *w;
	const struct conversation *cnv;
	const struct policy_decision *sees; /* in general */
	struct redaction shown;		    /* what persons wrote */
	bool all; /* for a stated purpose: not only what was told */
	struct keeper_batch *batch;
	struct message messages[PAGE_MAX];
	size_t messages_len;
	struct file files[FILES_MAX];
	size_t files_len;
};

static size_t add_open(struct page *p, const struct key_ref *key,
		       int64_t record, enum seal_field field,
		       struct store_value sealed)
{
	if (sealed.type != STORE_BLOB || sealed.len == 0)
		return NO_SLOT;
	return keeper_add_open(p->batch, key, record, field, sealed.bytes,
			       sealed.len);
}

/* A message may have been told in part only, or be of a class of data this
 * helpdesk does not see.  What it wrote itself it knows. */
static void see_message(const struct page *p, struct message *m)
{
	const struct conversation *cnv = p->cnv;
	const struct decide_stored stored = {
	    .channel = &cnv->channel,
	    .helpdesk = cnv->routed ? &cnv->helpdesk : NULL,
	    .datenart = &m->datenart,
	    .outcome = m->outcome,
	};
	struct policy_decision d;

	m->sees_text = p->sees->sees_text;
	m->sees_attachments = p->sees->sees_attachments;
	if (p->all || strcmp(m->direction, "in") != 0)
		return;
	decide_told(p->w, &stored, &d);
	m->sees_text = d.forward && d.sees_text;
	m->sees_attachments = d.forward && d.sees_attachments;
}

/* Outside there is one word for what its sender deleted. */
static void take_back(const struct page *p, struct message *m)
{
	bool masked = strcmp(m->state, "masked") == 0;

	if (!masked && strcmp(m->state, "kept") != 0)
		return;
	(void)snprintf(m->state, sizeof(m->state), "deleted");
	if (masked && !p->all)
		m->sees_text = m->sees_attachments = false;
}

static void add_message(struct page *p, struct store_rows *rows)
{
	struct store *st = p->w->store;
	struct message *m = &p->messages[p->messages_len++];
	struct key_ref key = {.person = store_column(st, rows, 2).num,
			      .year = (uint16_t)store_column(st, rows, 7).num};
	struct store_value v;

	m->id = store_column(st, rows, 0).num;
	m->conversation = store_column(st, rows, 1).num;
	(void)column_text(store_column(st, rows, 3), m->direction,
			  sizeof(m->direction));
	(void)column_text(store_column(st, rows, 4), m->kind, sizeof(m->kind));
	(void)column_text(store_column(st, rows, 5), m->state,
			  sizeof(m->state));
	(void)column_name(store_column(st, rows, 6), &m->datenart);
	m->provider_ms = store_column(st, rows, 8).num;
	m->received_ms = store_column(st, rows, 9).num;
	v = store_column(st, rows, 10);
	m->has_target = v.type == STORE_INT;
	m->target = v.num;
	v = store_column(st, rows, 11);
	m->has_error = v.type == STORE_INT;
	m->error = v.num;
	key.datenart = m->datenart;
	m->outcome = (enum message_outcome)store_column(st, rows, 13).num;
	see_message(p, m);
	take_back(p, m);
	m->slot = m->sees_text ? add_open(p, &key, m->id, FIELD_CONTENT,
					  store_column(st, rows, 12))
			       : NO_SLOT;
}

/* What was to go and is kept by a law or a hold is shown to nobody. */
static int add_unless_kept(struct page *p, struct store_rows *rows,
			   struct err *err)
{
	bool kept = false;

	if (!p->all && kept_is(p->w, store_column(p->w->store, rows, 0).num,
			       &kept, err) != 0)
		return -1;
	if (!kept)
		add_message(p, rows);
	return 0;
}

static int read_messages(struct page *p, const char *sql,
			 const struct store_value *args, size_t args_len,
			 struct err *err)
{
	struct store_rows *rows;
	int got = 0;

	if (store_start(p->w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while (p->messages_len < PAGE_MAX &&
	       (got = store_step(p->w->store, rows, err)) > 0)
		if (add_unless_kept(p, rows, err) != 0) {
			got = -1;
			break;
		}
	store_finish(p->w->store, &rows);
	return got < 0 ? -1 : 0;
}

/* The newest below before; rows that are gone are passed over. */
static int read_page(struct page *p, int64_t conversation, int64_t before,
		     size_t limit, struct err *err)
{
	int64_t ids[PAGE_MAX];
	size_t asked, len;

	do {
		asked = limit - p->messages_len;
		if (lookup_conversation(p->w->store, conversation, before, ids,
					asked, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++)
			if (read_messages(
				p, p->all ? sql_any_of : sql_of,
				STORE_ARGS(S_INT(ids[i]), S_INT(conversation)),
				err) != 0)
				return -1;
		before = len > 0 ? ids[len - 1] : 0;
	} while (len == asked && p->messages_len < limit);
	return 0;
}

static void add_file(struct page *p, struct message *m, struct store_rows *rows)
{
	struct store *st = p->w->store;
	struct file *f = &p->files[p->files_len++];
	struct key_ref key = {.person = store_column(st, rows, 1).num,
			      .year = (uint16_t)store_column(st, rows, 3).num};
	struct store_value bytes = store_column(st, rows, 6);

	m->files_len++;
	f->id = store_column(st, rows, 0).num;
	(void)column_name(store_column(st, rows, 2), &key.datenart);
	(void)column_text(store_column(st, rows, 4), f->state,
			  sizeof(f->state));
	(void)column_text(store_column(st, rows, 5), f->reason,
			  sizeof(f->reason));
	f->has_bytes = bytes.type == STORE_INT;
	f->bytes = bytes.num;
	f->slot =
	    add_open(p, &key, f->id, FIELD_MEDIA, store_column(st, rows, 7));
}

static int add_file_unless_kept(struct page *p, struct message *m,
				struct store_rows *rows, struct err *err)
{
	bool kept = false;

	if (kept_is(p->w, store_column(p->w->store, rows, 0).num, &kept, err) !=
	    0)
		return -1;
	if (!kept)
		add_file(p, m, rows);
	return 0;
}

static int read_files(struct page *p, struct err *err)
{
	for (size_t i = 0; i < p->messages_len; i++) {
		struct message *m = &p->messages[i];
		struct store_rows *rows;
		int got = 0;

		m->files_at = p->files_len;
		if (!m->sees_attachments)
			continue;
		if (store_start(p->w->store, sql_files,
				STORE_ARGS(S_INT(m->id)), &rows, err) != 0)
			return -1;
		while (p->files_len < FILES_MAX &&
		       (got = store_step(p->w->store, rows, err)) > 0)
			if (add_file_unless_kept(p, m, rows, err) != 0) {
				got = -1;
				break;
			}
		store_finish(p->w->store, &rows);
		if (got < 0)
			return -1;
	}
	return 0;
}

/* What a slot opened to; NULL with *ret_state telling why. */
static json_t *opened(const struct page *p, size_t slot, const char **ret_state)
{
	struct err err = {0};
	const uint8_t *clear;
	json_t *v;
	size_t len;
	bool no_memory;

	*ret_state = "none";
	if (slot == NO_SLOT)
		return NULL;
	*ret_state = "shown";
	if (keeper_result(p->batch, slot, &clear, &len, &err) != 0) {
		*ret_state = err.kind == ERR_ABSENT ? "erased" : "unreadable";
		return NULL;
	}
	v = jsonmem_load(clear, len, JSON_ALLOW_NUL, &no_memory);
	if (v == NULL)
		*ret_state = "unreadable";
	return v;
}

/* A member of content that concerns the helpdesk, or null. */
static json_t *member(const json_t *content, const char *name)
{
	json_t *v = json_object_get(content, name);

	return v != NULL ? json_incref(v) : json_null();
}

static json_t *file_json(struct page *p, const struct file *f, bool inbound)
{
	struct id_text id;
	char href[64];
	const char *state;
	json_t *media = opened(p, f->slot, &state), *v;
	json_t *name = member(media, "name");

	if (inbound)
		name = mask_json(&p->shown, name);
	id_format(&p->w->mask, ID_ATTACHMENT, f->id, &id);
	(void)snprintf(href, sizeof(href), "/v1/attachments/%s", id.text);
	v = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:s}", "id", id.text,
		      "name", name, "type", member(media, "mime"), "bytes",
		      f->has_bytes ? json_integer(f->bytes) : json_null(),
		      "state", f->state, "reason",
		      job_json_text(f->reason[0] != '\0' ? f->reason : NULL),
		      "href", href);
	json_decref(media);
	return v;
}

/* What a helpdesk wrote itself it knows. */
static json_t *shown(struct page *p, const struct message *m,
		     const json_t *content, const char *name)
{
	json_t *text = member(content, name);

	return strcmp(m->direction, "in") == 0 ? mask_json(&p->shown, text)
					       : text;
}

static json_t *message_json(struct page *p, const struct message *m)
{
	const struct worker *w = p->w;
	const bool inbound = strcmp(m->direction, "in") == 0;
	const char *state;
	json_t *content = opened(p, m->slot, &state);
	json_t *files = json_array(), *text, *emoji, *v;

	if (!m->sees_text)
		state = "hidden";
	mask_begin(&p->shown);
	text = shown(p, m, content, "text");
	emoji = shown(p, m, content, "emoji");
	for (size_t i = 0; i < m->files_len; i++)
		(void)json_array_append_new(
		    files, file_json(p, &p->files[m->files_at + i], inbound));
	v = json_pack(
	    "{s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o,"
	    " s:o, s:o, s:o}",
	    "id", job_json_id(w, ID_MESSAGE, m->id), "conversation",
	    job_json_id(w, ID_CONVERSATION, m->conversation), "direction",
	    m->direction, "kind", m->kind, "state", m->state, "datenart",
	    m->datenart.text, "sent", job_json_time(m->provider_ms), "received",
	    job_json_time(m->received_ms), "target",
	    m->has_target ? job_json_id(w, ID_MESSAGE, m->target) : json_null(),
	    "error", m->has_error ? json_integer(m->error) : json_null(),
	    "content", state, "text", text, "emoji", emoji, "template",
	    member(content, "template"), "redacted",
	    mask_names(&p->shown, content), "attachments", files);
	json_decref(content);
	return v;
}

/* Who looks for a stated purpose sees it as it is, redacted alone. */
static void see_all(struct job *job, struct policy_decision *sees)
{
	if (!purpose_opens_all(job))
		return;
	sees->sees_text = sees->sees_attachments = true;
	sees->person = PERSON_ADDRESS;
}

static int page_new(struct worker *w, const struct conversation *cnv,
		    const struct policy_decision *sees, struct page **ret,
		    struct err *err)
{
	struct page *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a page", 0);
	p->w = w;
	p->cnv = cnv;
	p->sees = sees;
	redaction_shown(w->policy, &cnv->channel, &p->shown);
	if (keeper_batch_new(w->keeper, &p->batch, err) != 0) {
		free(p);
		return -1;
	}
	*ret = p;
	return 0;
}

static void page_free(struct page *p)
{
	keeper_batch_free(&p->batch);
	free(p);
}

int api_message_get(struct worker *w, struct job *job, struct err *err)
{
	struct policy_decision sees;
	struct conversation cnv;
	struct page *p;
	int rc = -1;

	if (conversation_of_message(w, job, job->id, &cnv, err) != 0)
		return -1;
	conversation_sees(w, &cnv, &sees);
	see_all(job, &sees);
	if (page_new(w, &cnv, &sees, &p, err) != 0)
		return -1;
	p->all = purpose_opens_all(job);
	if (read_messages(p, p->all ? sql_any : sql_one,
			  STORE_ARGS(S_INT(job->id)), err) != 0 ||
	    read_files(p, err) != 0 || keeper_run(p->batch, err) != 0)
		goto out;
	rc = p->messages_len == 1
		 ? job_json(job, 200, message_json(p, &p->messages[0]), err)
		 : job_refuse(job, &problem_absent, NULL);
out:
	page_free(p);
	return rc;
}

static int read_range(struct worker *w, struct job *job, int64_t *ret_before,
		      int64_t *ret_limit)
{
	const char *before = job->query[QUERY_BEFORE];

	*ret_before = INT64_MAX;
	if (before[0] != '\0' &&
	    id_parse(&w->mask, ID_MESSAGE, before, strlen(before), ret_before,
		     NULL) != 0)
		return job_refuse(job, &problem_malformed,
				  "before is no message");
	return job_limit(job, PAGE_DEFAULT, PAGE_MAX, ret_limit);
}

static json_t *messages_json(struct page *p)
{
	json_t *list = json_array();

	/* Read newest first for the page, shown in their order. */
	for (size_t i = p->messages_len; i > 0 && list != NULL; i--)
		if (json_array_append_new(
			list, message_json(p, &p->messages[i - 1])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* Who has not agreed yet has no name: the newest message tells. */
static enum policy_person person_level(const struct page *p)
{
	for (size_t i = 0; i < p->messages_len; i++)
		if (strcmp(p->messages[i].direction, "in") == 0)
			return p->messages[i].outcome == MSG_REDUCED && !p->all
				   ? PERSON_ALIAS
				   : p->sees->person;
	return p->messages_len > 0 ? p->sees->person : PERSON_ALIAS;
}

static int answer_page(struct worker *w, struct job *job,
		       const struct conversation *cnv, struct page *p,
		       int64_t limit, struct err *err)
{
	json_t *person = NULL;

	if (show_person(w, cnv, person_level(p), &person, err) != 0)
		return -1;
	return job_json(
	    job, 200,
	    json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
		      "id", job_json_id(w, ID_CONVERSATION, cnv->id), "channel",
		      cnv->channel.text, "helpdesk",
		      job_json_text(cnv->routed ? cnv->helpdesk.text : NULL),
		      "state", cnv->closed ? "closed" : "open", "datenart",
		      job_json_text(cnv->tagged ? cnv->datenart.text : NULL),
		      "opened", job_json_time(cnv->opened_ms), "closed",
		      job_json_time(cnv->closed_ms), "reply_window_ends",
		      job_json_time(conversation_window_ends(w, cnv)), "person",
		      person, "messages", messages_json(p), "more",
		      (int)(p->messages_len == (size_t)limit)),
	    err);
}

int api_conversation_get(struct worker *w, struct job *job, struct err *err)
{
	struct policy_decision sees;
	struct conversation cnv;
	int64_t before, limit;
	struct page *p;
	int rc = -1;

	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    read_range(w, job, &before, &limit) != 0)
		return -1;
	conversation_sees(w, &cnv, &sees);
	see_all(job, &sees);
	if (page_new(w, &cnv, &sees, &p, err) != 0)
		return -1;
	p->all = purpose_opens_all(job);
	if (read_page(p, cnv.id, before, (size_t)limit, err) == 0 &&
	    read_files(p, err) == 0 && keeper_run(p->batch, err) == 0)
		rc = answer_page(w, job, &cnv, p, limit, err);
	page_free(p);
	return rc;
}
