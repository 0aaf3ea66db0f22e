/* feed.c - the walk through everything of a person. */
#include "feed_inside.h"

#include <sodium.h>
#include <stdlib.h>

#include "postern/jsonmem.h"
#include "postern/lookup.h"
#include "store/family.h"

#define LOOK_STEP  256
#define LOOK_STEPS 16 /* of one slice */

static const char conversations_sql[] =
    PERSON_FAMILY "SELECT id,person,channel FROM conversation WHERE person IN"
		  " (SELECT id FROM family) ORDER BY id";

static const char *const names[FEED_SECTIONS] = {
    [FEED_PERSON] = "person",
    [FEED_ADDRESSES] = "addresses",
    [FEED_RECIPIENTS] = "recipients",
    [FEED_CONVERSATIONS] = "conversations",
    [FEED_MESSAGES] = "messages",
    [FEED_NOTES] = "notes",
    [FEED_CONSENTS] = "consents",
    [FEED_WORDINGS] = "wordings",
    [FEED_NOTICES] = "notices",
    [FEED_LOOKUPS] = "lookups",
    [FEED_DISCLOSURES] = "disclosures",
    [FEED_SUPPRESSIONS] = "suppressions",
    [FEED_RESTRICTIONS] = "restrictions",
    [FEED_REQUESTS] = "requests",
    [FEED_REVIEWS] = "reviews",
};

const char *feed_section_name(enum feed_section section)
{
	return names[section];
}

/* Art. 20: what the person provided, and what was observed of it.  What we
 * wrote, noted, concluded or looked up is none of it. */
static bool is_portable(enum feed_section section)
{
	return section == FEED_PERSON || section == FEED_ADDRESSES ||
	       section == FEED_CONVERSATIONS || section == FEED_MESSAGES ||
	       section == FEED_CONSENTS;
}

static bool wanted(const struct feed *f, const struct feed_sink *sink,
		   enum feed_section section)
{
	if (sink->messages_only)
		return section == FEED_MESSAGES;
	return f->facts.kind != PACKAGE_PORTABILITY || is_portable(section);
}

const char *feed_basis(const struct worker *w, const char *channel)
{
	struct policy_purpose purpose;
	struct policy_channel c;
	struct name name;

	if (!name_set(&name, channel, strlen(channel)) ||
	    !policy_channel_of(w->policy, &name, &c) ||
	    !policy_purpose_of(w->policy, &c.purpose, &name, &purpose))
		return NULL;
	return legal_basis_names[purpose.basis];
}

bool feed_portable(const struct feed *f, const struct name *channel)
{
	const char *basis = feed_basis(f->w, channel->text);

	return basis != NULL && (strcmp(basis, "consent") == 0 ||
				 strcmp(basis, "contract") == 0);
}

/* --- which messages ------------------------------------------------------- */

static int grow(void **at, size_t *size, size_t len, size_t one,
		struct err *err)
{
	size_t more = *size > 0 ? *size * 2 : 64;
	void *grown;

	if (len < *size)
		return 0;
	grown = more > SIZE_MAX / one ? NULL : realloc(*at, more * one);
	if (grown == NULL)
		return ERR_SET(err, ERR_NOMEM, "messages of a person", 0);
	*at = grown;
	*size = more;
	return 0;
}

static int add_conversation(struct feed *f, struct store_rows *rows,
			    struct err *err)
{
	struct feed_conversation *c;
	char channel[NAME_LEN_MAX + 1];

	if (grow((void **)&f->conversations, &f->conversations_size,
		 f->conversations_len, sizeof(*c), err) != 0)
		return -1;
	c = &f->conversations[f->conversations_len];
	*c = (struct feed_conversation){
	    .id = store_column(f->w->store, rows, 0).num,
	    .person = store_column(f->w->store, rows, 1).num,
	};
	if (!store_word(store_column(f->w->store, rows, 2), channel,
			sizeof(channel)) ||
	    !name_set(&c->channel, channel, strlen(channel)))
		return ERR_SET(err, ERR_CORRUPT, "row of a conversation", 0);
	f->conversations_len++;
	return 0;
}

static int read_conversations(struct feed *f, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(f->w->store, conversations_sql,
			STORE_ARGS(S_INT(f->facts.person)), &rows, err) != 0)
		return -1;
	while ((rc = store_step(f->w->store, rows, err)) > 0)
		if (add_conversation(f, rows, err) != 0) {
			rc = -1;
			break;
		}
	store_finish(f->w->store, &rows);
	return rc;
}

static void turn(int64_t *ids, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		int64_t id = ids[i];

		ids[i] = ids[len - 1 - i];
		ids[len - 1 - i] = id;
	}
}

static int add_id(struct feed *f, int64_t id, struct err *err)
{
	if (grow((void **)&f->ids, &f->ids_size, f->ids_len, sizeof(f->ids[0]),
		 err) != 0)
		return -1;
	f->ids[f->ids_len++] = id;
	return 0;
}

/* Newest first is how they are found. */
static int read_some(struct feed *f, struct feed_conversation *c,
		     struct err *err)
{
	int64_t found[LOOK_STEP];
	size_t len = 0;

	if (f->before == 0) {
		c->ids_at = f->ids_len;
		f->before = f->facts.up_to + 1;
	}
	if (lookup_conversation(f->w->store, c->id, f->before, found, LOOK_STEP,
				&len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (add_id(f, found[i], err) != 0)
			return -1;
	if (len == LOOK_STEP) {
		f->before = found[len - 1];
		return 0;
	}
	c->ids_len = f->ids_len - c->ids_at;
	turn(f->ids + c->ids_at, c->ids_len);
	f->before = 0;
	f->listed++;
	return 0;
}

int feed_list(struct feed *f, bool *ret_done, struct err *err)
{
	for (size_t i = 0; i < LOOK_STEPS && f->listed < f->conversations_len;
	     i++)
		if (read_some(f, &f->conversations[f->listed], err) != 0)
			return -1;
	*ret_done = f->listed == f->conversations_len;
	return 0;
}

const struct feed_conversation *feed_conversation_at(const struct feed *f,
						     size_t i)
{
	size_t k = 0;

	while (i >= f->conversations[k].ids_at + f->conversations[k].ids_len)
		k++;
	return &f->conversations[k];
}

int feed_open(struct worker *w, const struct feed_facts *facts,
	      struct thirds *thirds, struct feed **ret, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "data of a person", 0);
	f->w = w;
	f->facts = *facts;
	f->thirds = thirds;
	if (read_conversations(f, err) != 0) {
		feed_close(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

void feed_close(struct feed **f)
{
	if (*f == NULL)
		return;
	free((*f)->conversations);
	free((*f)->ids);
	free(*f);
	*f = NULL;
}

void feed_rewind(struct feed *f)
{
	f->section = 0;
	f->begun = false;
	f->after = 0;
	f->at = 0;
}

int64_t feed_messages(const struct feed *f)
{
	return (int64_t)f->ids_len;
}

int64_t feed_messages_done(const struct feed *f)
{
	return (int64_t)f->at;
}

void feed_channels(const struct feed *f, struct name *ret, size_t size,
		   size_t *ret_len)
{
	size_t len = 0, k;

	for (size_t i = 0; i < f->conversations_len; i++) {
		for (k = 0; k < len; k++)
			if (name_equal(&ret[k], &f->conversations[i].channel))
				break;
		if (k == len && len < size)
			ret[len++] = f->conversations[i].channel;
	}
	*ret_len = len;
}

int feed_ids(struct feed *f, int64_t *ret, size_t size, size_t *ret_len,
	     struct err *err)
{
	(void)err; /* they are all known */
	*ret_len = 0;
	while (*ret_len < size && f->at < f->ids_len)
		ret[(*ret_len)++] = f->ids[f->at++];
	return 0;
}

/* --- slices --------------------------------------------------------------- */

static int hand_out(struct feed *f, const struct feed_sink *sink, void *ctx,
		    const struct feed_page *page, struct err *err)
{
	const json_t *record;
	size_t i;

	json_array_foreach(page->records, i, record)
	{
		if (sink->record(ctx, f->section, record, err) != 0)
			return -1;
	}
	return 0;
}

/* What was made short of memory may lack something. */
static int read_page(struct feed *f, struct feed_page *page, struct err *err)
{
	const uint64_t before = jsonmem_failures();
	const int64_t after = f->after;
	const size_t at = f->at;
	int rc = f->section == FEED_MESSAGES ? feed_page_messages(f, page, err)
					     : feed_page_table(f, page, err);

	if (rc == 0 && jsonmem_failures() != before)
		rc = ERR_SET(err, ERR_NOMEM, "data of a person", 0);
	if (rc != 0) {
		f->after = after;
		f->at = at;
	}
	return rc;
}

static int next_section(struct feed *f, const struct feed_sink *sink, void *ctx,
			struct err *err)
{
	if (sink->end(ctx, f->section, err) != 0)
		return -1;
	f->section++;
	f->begun = false;
	f->after = 0;
	return 0;
}

int feed_step(struct feed *f, const struct feed_sink *sink, void *ctx,
	      bool *ret_done, struct err *err)
{
	struct feed_page page = {.records = json_array()};
	int rc = -1;

	while (f->section < FEED_SECTIONS && !wanted(f, sink, f->section))
		f->section++;
	*ret_done = f->section == FEED_SECTIONS;
	if (*ret_done) {
		rc = 0;
		goto out;
	}
	if (read_page(f, &page, err) != 0)
		goto out;
	if (!f->begun && sink->begin(ctx, f->section, err) != 0)
		goto out;
	f->begun = true;
	if (hand_out(f, sink, ctx, &page, err) != 0)
		goto out;
	rc = page.more ? 0 : next_section(f, sink, ctx, err);
out:
	json_decref(page.records);
	return rc;
}

/* --- values --------------------------------------------------------------- */

json_t *feed_opened(const struct keeper_batch *batch, size_t slot,
		    const char **ret_why)
{
	struct err why = {0};
	const uint8_t *clear;
	bool no_memory;
	json_t *value = NULL;
	size_t len;

	*ret_why = "unreadable";
	if (keeper_result(batch, slot, &clear, &len, &why) == 0)
		value = jsonmem_load(clear, len, JSON_ALLOW_NUL, &no_memory);
	else if (why.kind == ERR_ABSENT)
		*ret_why = "erased";
	return value;
}

json_t *feed_id(const struct worker *w, enum id_kind kind, int64_t id)
{
	struct id_text text;

	id_format(&w->mask, kind, id, &text);
	return json_string(text.text);
}

json_t *feed_time(int64_t wall_ms)
{
	char text[RFC3339_BYTES];

	if (wall_ms == 0)
		return json_null();
	env_rfc3339(wall_ms, text);
	return json_string(text);
}

void feed_set_text(json_t *record, const char *key, const char *text)
{
	/* Short of memory is noticed for the whole page. */
	if (text[0] != '\0')
		(void)json_object_set_new(record, key, json_string(text));
}

void feed_set_member(struct feed *f, json_t *record, const json_t *content,
		     const char *member, unsigned int *ret_found)
{
	json_t *value = json_object_get(content, member);

	if (value == NULL)
		return;
	value = thirds_json(f->thirds, json_deep_copy(value), ret_found);
	if (value != NULL)
		(void)json_object_set_new(record, member, value);
}

/* --- media ---------------------------------------------------------------- */

/* A name ends as its type says, for whoever opens it; the type is only what
 * the sender said, so an unknown one gets a name nothing opens by itself. */
static const char *ending(const char *type)
{
	static const struct {
		const char *type, *ending;
	} all[] = {
	    {"image/jpeg", ".jpg"},	 {"image/png", ".png"},
	    {"image/webp", ".webp"},	 {"image/gif", ".gif"},
	    {"audio/ogg", ".ogg"},	 {"audio/mpeg", ".mp3"},
	    {"audio/mp4", ".m4a"},	 {"audio/aac", ".aac"},
	    {"audio/amr", ".amr"},	 {"video/mp4", ".mp4"},
	    {"video/3gpp", ".3gp"},	 {"application/pdf", ".pdf"},
	    {"text/plain", ".txt"},	 {"text/csv", ".csv"},
	    {"application/zip", ".zip"},
	};
	size_t len = strcspn(type, "; ");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].type) == len &&
		    strncasecmp(all[i].type, type, len) == 0)
			return all[i].ending;
	return ".bin";
}

void feed_media_path(const struct worker *w, int64_t attachment,
		     const char *type, char ret[FEED_PATH_BYTES])
{
	struct id_text id;

	id_format(&w->mask, ID_ATTACHMENT, attachment, &id);
	(void)snprintf(ret, FEED_PATH_BYTES, "media/%s%s", id.text,
		       ending(type));
}
