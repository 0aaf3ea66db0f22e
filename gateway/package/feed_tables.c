/* feed_tables.c - what is neither message nor list of somebody else: rows of
 * tables, as columns say. */
#include "feed_inside.h"

#include <sodium.h>

#include "postern/caldate.h"
#include "postern/text.h"
#include "recipients/telling.h"
#include "store/family.h"
#include "worker/consent.h"

#define NO_SLOT	     SIZE_MAX
#define COLUMNS_MAX  12
#define SEALED_FIRST 1 /* key_person, datenart, year, sealed */
#define SEALED_LEN   4
#define LISTED_MAX   64
#define OF_FAMILY    " IN (SELECT id FROM family) "
#define NEXT	     " ORDER BY id LIMIT ?"

enum as { AS_TEXT, AS_TIME, AS_DAY, AS_YES, AS_HEX, AS_STAFF, AS_ID };
struct column {
	const char *key;
	enum as as;
	enum id_kind kind; /* AS_ID */
	bool not_portable;
};
/* The first column is what the next page begins behind. */
struct table {
	const char *sql; /* person, after, limit */
	enum seal_field opens;
	const char *member; /* what was opened is a text and no JSON */
	const char *all;    /* members taken of JSON: "text prompt answer" */
	struct column columns[COLUMNS_MAX];
};

static const struct table tables[FEED_SECTIONS] = {
    [FEED_PERSON] =
	{.sql = PERSON_FAMILY
	 "SELECT id,id,'CONTACT',year,profile_sealed,id,created_ms,minor FROM"
	 " person WHERE id" OF_FAMILY "AND id>?" NEXT,
	 .opens = FIELD_PROFILE,
	 .all = "name username",
	 .columns = {{"id", AS_ID, ID_PERSON, false},
		     {"known_since", AS_TIME, 0, false},
		     {"minor_suspected", AS_YES, 0, true}}},
    [FEED_ADDRESSES] =
	{.sql = PERSON_FAMILY
	 "SELECT id,key_person,'CONTACT',year,address_sealed,kind,from_ms,to_ms"
	 " FROM address WHERE person" OF_FAMILY "AND id>?" NEXT,
	 .opens = FIELD_ADDRESS,
	 .member = "address",
	 .columns = {{"kind", AS_TEXT, 0, false},
		     {"from", AS_TIME, 0, false},
		     {"to", AS_TIME, 0, false}}},
    [FEED_CONVERSATIONS] =
	{.sql = PERSON_FAMILY
	 "SELECT id,id,channel,state,helpdesk,datenart,language,opened_ms,"
	 "closed_ms,campaign FROM conversation WHERE person" OF_FAMILY
	 "AND id>?" NEXT,
	 .columns = {{"id", AS_ID, ID_CONVERSATION, false},
		     {"channel", AS_TEXT, 0, false},
		     {"state", AS_TEXT, 0, true},
		     {"helpdesk", AS_TEXT, 0, true},
		     {"tagged", AS_TEXT, 0, true},
		     {"language", AS_TEXT, 0, true},
		     {"opened", AS_TIME, 0, false},
		     {"closed", AS_TIME, 0, true},
		     {"campaign", AS_TEXT, 0, true}}},
    [FEED_NOTES] =
	{.sql = PERSON_FAMILY
	 "SELECT id,key_person,datenart,year,note_sealed,id,conversation,at_ms,"
	 "staff,datenart FROM note WHERE conversation IN (SELECT id FROM"
	 " conversation WHERE person" OF_FAMILY ") AND id>?" NEXT,
	 .opens = FIELD_NOTE,
	 .all = "text",
	 .columns = {{"id", AS_ID, ID_NOTE, false},
		     {"conversation", AS_ID, ID_CONVERSATION, false},
		     {"at", AS_TIME, 0, false},
		     {"staff", AS_STAFF, 0, false},
		     {"datenart", AS_TEXT, 0, false}}},
    [FEED_CONSENTS] =
	{.sql = PERSON_FAMILY
	 "SELECT id,key_person,'CONSENT',year,evidence_sealed,id,purpose,kind,"
	 "channel,at_ms,by_whom,method,until_ms,language,wording FROM"
	 " consent_event WHERE person" OF_FAMILY "AND id>?" NEXT,
	 .opens = FIELD_EVIDENCE,
	 .all = "prompt answer evidence prompt_id answer_id",
	 .columns = {{"id", AS_ID, ID_CONSENT, false},
		     {"purpose", AS_TEXT, 0, false},
		     {"kind", AS_TEXT, 0, false},
		     {"channel", AS_TEXT, 0, false},
		     {"at", AS_TIME, 0, false},
		     {"by", AS_TEXT, 0, false},
		     {"method", AS_TEXT, 0, false},
		     {"until", AS_TIME, 0, false},
		     {"language", AS_TEXT, 0, false},
		     {"wording", AS_HEX, 0, false}}},
    [FEED_WORDINGS] =
	{.sql = PERSON_FAMILY
	 "SELECT first_ms,sha256,name,language,text,first_ms FROM wording WHERE"
	 " sha256 IN (SELECT wording FROM consent_event WHERE person" OF_FAMILY
	 "AND wording IS NOT NULL UNION SELECT sha256 FROM notice_sent WHERE"
	 " person" OF_FAMILY ") AND first_ms>? ORDER BY first_ms LIMIT ?",
	 .columns = {{"sha256", AS_HEX, 0, false},
		     {"name", AS_TEXT, 0, false},
		     {"language", AS_TEXT, 0, false},
		     {"text", AS_TEXT, 0, false},
		     {"first_used", AS_TIME, 0, false}}},
    [FEED_NOTICES] = {.sql = PERSON_FAMILY
		      "SELECT id,channel,notice,sha256,at_ms FROM notice_sent "
		      "WHERE person" OF_FAMILY "AND id>?" NEXT,
		      .columns = {{"channel", AS_TEXT, 0, false},
				  {"notice", AS_TEXT, 0, false},
				  {"wording", AS_HEX, 0, false},
				  {"at", AS_TIME, 0, false}}},
    /* Date and purpose, and never who (C-579/21). */
    [FEED_LOOKUPS] = {.sql = PERSON_FAMILY
		      "SELECT id,at_ms,what,purpose,conversation FROM viewed "
		      "WHERE person" OF_FAMILY "AND id>?" NEXT,
		      .columns = {{"at", AS_TIME, 0, false},
				  {"what", AS_TEXT, 0, false},
				  {"purpose", AS_TEXT, 0, false},
				  {"conversation", AS_ID, ID_CONVERSATION,
				   false}}},
    [FEED_DISCLOSURES] = {.sql = PERSON_FAMILY
			  "SELECT id,recipient,purpose,at_ms FROM disclosure "
			  "WHERE person" OF_FAMILY "AND id>?" NEXT,
			  .columns = {{"recipient", AS_TEXT, 0, false},
				      {"purpose", AS_TEXT, 0, false},
				      {"at", AS_TIME, 0, false}}},
    [FEED_RESTRICTIONS] =
	{.sql = PERSON_FAMILY
	 "SELECT id,id,conversation,ground,since_ms,informed_day,lifted_ms FROM"
	 " restriction WHERE person" OF_FAMILY "AND id>?" NEXT,
	 .columns = {{"id", AS_ID, ID_RESTRICTION, false},
		     {"conversation", AS_ID, ID_CONVERSATION, false},
		     {"ground", AS_TEXT, 0, false},
		     {"since", AS_TIME, 0, false},
		     {"informed", AS_DAY, 0, false},
		     {"lifted", AS_TIME, 0, false}}},
    [FEED_REQUESTS] =
	{.sql = PERSON_FAMILY
	 "SELECT id,id,type,state,via,received_ms,due_day,answered_ms,ended_ms,"
	 "reason FROM request WHERE person" OF_FAMILY "AND id>?" NEXT,
	 .columns = {{"id", AS_ID, ID_REQUEST, false},
		     {"type", AS_TEXT, 0, false},
		     {"state", AS_TEXT, 0, false},
		     {"via", AS_TEXT, 0, false},
		     {"received", AS_TIME, 0, false},
		     {"due", AS_DAY, 0, false},
		     {"answered", AS_TIME, 0, false},
		     {"ended", AS_TIME, 0, false},
		     {"reason", AS_TEXT, 0, false}}},
    [FEED_REVIEWS] =
	{.sql = PERSON_FAMILY
	 "SELECT id,id,kind,state,created_ms,due_ms,decision,decided_ms FROM"
	 " review WHERE person" OF_FAMILY "AND id>?" NEXT,
	 .columns = {{"id", AS_ID, ID_REVIEW, false},
		     {"kind", AS_TEXT, 0, false},
		     {"state", AS_TEXT, 0, false},
		     {"at", AS_TIME, 0, false},
		     {"due", AS_TIME, 0, false},
		     {"decision", AS_TEXT, 0, false},
		     {"decided", AS_TIME, 0, false}}},
};

/* --- columns -------------------------------------------------------------- */

/* The same staff has the same name in one copy and another one in the next:
 * what somebody learns in one tells nothing in another. */
static json_t *staff_json(const struct feed *f, struct store_value v)
{
	uint8_t hash[crypto_generichash_BYTES];
	uint8_t key[16] = {0};
	char hex[9], text[24];

	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)((uint64_t)f->facts.up_to >> (8 * i));
	(void)crypto_generichash(hash, sizeof(hash), v.bytes, v.len, key,
				 sizeof(key));
	hex_encode(hash, 4, hex);
	(void)snprintf(text, sizeof(text), "staff-%.4s", hex);
	return json_string(text);
}

static json_t *hex_json(struct store_value v)
{
	char hex[2 * 32 + 1];

	if (v.len > 32)
		return json_null();
	hex_encode(v.bytes, v.len, hex);
	return json_string(hex);
}

static json_t *day_json(int64_t day)
{
	char text[CALDATE_BYTES];

	caldate_format(day, text);
	return json_string(text);
}

/* NULL: there is nothing to say. */
static json_t *value_json(const struct feed *f, const struct column *c,
			  struct store_value v)
{
	if (v.type == STORE_NULL || (v.type != STORE_INT && v.len == 0))
		return NULL;
	switch (c->as) {
	case AS_TEXT:
		return json_stringn(v.bytes, v.len);
	case AS_TIME:
		return v.num != 0 ? feed_time(v.num) : NULL;
	case AS_DAY:
		return day_json(v.num);
	case AS_YES:
		return v.num != 0 ? json_true() : NULL;
	case AS_HEX:
		return hex_json(v);
	case AS_STAFF:
		return staff_json(f, v);
	case AS_ID:
		return feed_id(f->w, c->kind, v.num);
	}
	return NULL;
}

static json_t *row_json(struct feed *f, const struct table *t,
			struct store_rows *rows)
{
	const unsigned int from = 1 + (t->opens != 0 ? SEALED_LEN : 0);
	json_t *record = json_object(), *value;

	for (unsigned int i = 0; i < COLUMNS_MAX && t->columns[i].key; i++) {
		if (f->facts.kind == PACKAGE_PORTABILITY &&
		    t->columns[i].not_portable)
			continue;
		value = value_json(f, &t->columns[i],
				   store_column(f->w->store, rows, from + i));
		if (value != NULL)
			(void)json_object_set_new(record, t->columns[i].key,
						  value);
	}
	return record;
}

/* --- what is sealed ------------------------------------------------------- */

static size_t add_open(struct feed *f, const struct table *t,
		       struct store_rows *rows, struct keeper_batch *batch)
{
	struct store *st = f->w->store;
	struct store_value sealed =
	    store_column(st, rows, SEALED_FIRST + SEALED_LEN - 1);
	struct key_ref key = {
	    .person = store_column(st, rows, SEALED_FIRST).num,
	    .year = (uint16_t)store_column(st, rows, SEALED_FIRST + 2).num};
	char datenart[NAME_LEN_MAX + 1];

	if (sealed.type != STORE_BLOB || sealed.len == 0 ||
	    !store_word(store_column(st, rows, SEALED_FIRST + 1), datenart,
			sizeof(datenart)) ||
	    !name_set(&key.datenart, datenart, strlen(datenart)))
		return NO_SLOT;
	return keeper_add_open(batch, &key, store_column(st, rows, 0).num,
			       t->opens, sealed.bytes, sealed.len);
}

static void take_text(const struct table *t, const struct keeper_batch *batch,
		      size_t slot, json_t *record)
{
	const uint8_t *clear;
	struct err why = {0};
	size_t len;

	if (keeper_result(batch, slot, &clear, &len, &why) == 0)
		(void)json_object_set_new(
		    record, t->member, json_stringn((const char *)clear, len));
	else
		feed_set_text(record, "content_is",
			      why.kind == ERR_ABSENT ? "erased" : "unreadable");
}

/* What staff wrote may be about others; what the person said in proof of a
 * consent, too. */
static void take_members(struct feed *f, const struct table *t,
			 const struct keeper_batch *batch, size_t slot,
			 json_t *record)
{
	unsigned int found = 0;
	const char *why, *at = t->all;
	json_t *content = feed_opened(batch, slot, &why);
	char member[24];

	if (content == NULL)
		feed_set_text(record, "content_is", why);
	while (content != NULL && *at != '\0') {
		size_t len = strcspn(at, " ");

		(void)snprintf(member, sizeof(member), "%.*s", (int)len, at);
		/* Ids are nobody's number, whatever they look like. */
		if (strstr(member, "_id") == NULL)
			feed_set_member(f, record, content, member, &found);
		else if (json_object_get(content, member) != NULL)
			(void)json_object_set(record, member,
					      json_object_get(content, member));
		at += len + strspn(at + len, " ");
	}
	if (found != 0)
		(void)json_object_set_new(record, "masked",
					  thirds_names(found));
	json_decref(content);
}

/* --- rows ----------------------------------------------------------------- */

struct slots {
	size_t of[FEED_PAGE], len;
};

static int read_rows(struct feed *f, const struct table *t,
		     struct keeper_batch *batch, struct feed_page *ret,
		     struct slots *slots, struct err *err)
{
	struct store *st = f->w->store;
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(st, t->sql,
			STORE_ARGS(S_INT(f->facts.person), S_INT(f->after),
				   S_INT(FEED_PAGE)),
			&rows, err) != 0)
		return -1;
	while (slots->len < FEED_PAGE && (rc = store_step(st, rows, err)) > 0) {
		f->after = store_column(st, rows, 0).num;
		slots->of[slots->len++] =
		    t->opens != 0 ? add_open(f, t, rows, batch) : NO_SLOT;
		(void)json_array_append_new(ret->records, row_json(f, t, rows));
	}
	store_finish(st, &rows);
	ret->more = slots->len == FEED_PAGE;
	return rc < 0 ? -1 : 0;
}

static void open_rows(struct feed *f, const struct table *t,
		      const struct keeper_batch *batch, struct feed_page *ret,
		      const struct slots *slots)
{
	for (size_t i = 0; i < slots->len; i++) {
		json_t *record = json_array_get(ret->records, i);

		if (slots->of[i] == NO_SLOT)
			continue;
		if (t->member != NULL)
			take_text(t, batch, slots->of[i], record);
		else
			take_members(f, t, batch, slots->of[i], record);
	}
}

static int page_rows(struct feed *f, const struct table *t,
		     struct feed_page *ret, struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct slots slots = {.len = 0};
	int rc = -1;

	if (keeper_batch_new(f->w->keeper, &batch, err) != 0)
		return -1;
	if (read_rows(f, t, batch, ret, &slots, err) == 0 &&
	    (t->opens == 0 || keeper_run(batch, err) == 0)) {
		open_rows(f, t, batch, ret, &slots);
		rc = 0;
	}
	keeper_batch_free(&batch);
	return rc;
}

/* --- lists of other rooms ------------------------------------------------- */

struct recipients {
	const struct settings *settings;
	json_t *records;
};

static int add_recipient(void *ctx, const struct recipient *r, struct err *err)
{
	struct recipients *to = ctx;
	const char *name = r->name;
	const struct settings_channel *c = NULL;
	struct name channel;
	json_t *one;

	(void)err; /* short of memory is noticed for the whole page */
	/* A provider is called by its own name, not by that of our channel. */
	if (strcmp(r->kind, "provider") == 0 &&
	    name_set(&channel, r->name, strlen(r->name)))
		c = settings_channel(to->settings, &channel);
	if (c != NULL)
		name = c->type;
	one = json_pack("{s:s,s:s,s:s,s:o,s:o}", "name", name, "kind", r->kind,
			"purpose", r->purpose, "first", feed_time(r->first_ms),
			"last", feed_time(r->last_ms));
	if (c != NULL)
		feed_set_text(one, "channel", r->name);
	(void)json_array_append_new(to->records, one);
	return 0;
}

static int page_suppressions(struct feed *f, struct feed_page *ret,
			     struct err *err)
{
	struct consent_listed all[LISTED_MAX];
	size_t len = 0;

	if (consent_listed(f->w, f->facts.person, all, LISTED_MAX, &len, err) !=
	    0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(
		    ret->records,
		    json_pack("{s:s,s:s,s:o,s:s}", "scope", all[i].scope,
			      "channel", all[i].channel, "since",
			      feed_time(all[i].since_ms), "reason",
			      all[i].reason));
	return 0;
}

int feed_page_table(struct feed *f, struct feed_page *ret, struct err *err)
{
	struct recipients to = {f->w->settings, ret->records};

	if (f->section == FEED_RECIPIENTS)
		return recipients_of(f->w, f->facts.person, add_recipient, &to,
				     err);
	if (f->section == FEED_SUPPRESSIONS)
		return page_suppressions(f, ret, err);
	return page_rows(f, &tables[f->section], ret, err);
}
