/* test_api_prove.c - what people do through the API and what it leaves in the
 * proof log: no entry, no act, no answer.
 * Proves: compliance 6.7; 9 C1. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"
#include "entries_house.h"

#define NOBODY "0000000000000000"
#define POLICY                                                             \
	"policy: shop\nversion: 2\npurposes:\n"                            \
	"  support: {basis: contract}\n  news: {basis: consent}\n"         \
	"data:\n  MSG: {from: process_end, keep: P30D, delete: P99D}\n"    \
	"  BIZ: {from: process_end, keep: P30D, delete: P90D}\n"           \
	"  MEDIA: {from: process_end, delete: P90D}\n"                     \
	"  RAW: {from: collection, delete: P3D}\n"                         \
	"channels:\n  shop: {purpose: support, data: MSG}\n"               \
	"helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n" \
	"  blind: {sees: [], person: alias}\n"
#define IMPORT                                                              \
	"{\"rows\":[{\"address\":\"+49 170 1234567\",\"purpose\":\"news\"," \
	"\"channel\":\"shop\",\"given_at\":\"2026-09-01T10:00:00Z\","       \
	"\"wording\":\"Neues?\",\"evidence\":{\"card\":17}}]}"

static char anna[TOKEN_TEXT_BYTES], bert[TOKEN_TEXT_BYTES];

static int make(void **state)
{
	struct api_house *h;
	struct err err = {0};
	bool moved;

	assert_int_equal(house_make(state), 0);
	h = *state;
	pthread_mutex_lock(&h->turn);
	assert_int_equal(
	    lifecycle_open(&h->w, h->policy, &h->w.lifecycle, &err), 0);
	assert_int_equal(lifecycle_step(&h->w, &moved, &err), 0);
	house_token(h, "policy rights operator", NULL, 90, anna);
	house_token(h, "policy.approve", NULL, 90, bert);
	pthread_mutex_unlock(&h->turn);
	return 0;
}

/* --- the log -------------------------------------------------------------- */

static size_t count_of(struct api_house *h, enum ledger_event event)
{
	size_t n;

	pthread_mutex_lock(&h->turn);
	n = entries_count(h->w.store, event);
	pthread_mutex_unlock(&h->turn);
	return n;
}

static struct ledger_told entry_of(struct api_house *h, enum ledger_event event)
{
	struct ledger_told told;

	pthread_mutex_lock(&h->turn);
	told = entries_last(h->w.store, event);
	pthread_mutex_unlock(&h->turn);
	return told;
}

/* A table that takes nothing in its place: refused, and nothing is broken. */
static void block(struct api_house *h)
{
	house_run(h, "ALTER TABLE ledger_entry RENAME TO set_aside",
		  STORE_NO_ARGS);
	house_run(h,
		  "CREATE TABLE ledger_entry(id INTEGER PRIMARY KEY, body BLOB"
		  " NOT NULL CHECK(length(body)=0)) STRICT",
		  STORE_NO_ARGS);
}

static void unblock(struct api_house *h)
{
	house_run(h, "DROP TABLE ledger_entry", STORE_NO_ARGS);
	house_run(h, "ALTER TABLE set_aside RENAME TO ledger_entry",
		  STORE_NO_ARGS);
}

/* --- asking --------------------------------------------------------------- */

static struct answer call(struct api_house *h, const char *method,
			  const char *path, const char *token, const char *body)
{
	return ask(h, (struct call){
			  .method = method,
			  .path = path,
			  .token = token,
			  .headers = body != NULL
					 ? "Content-Type: application/json\r\n"
					 : NULL,
			  .body = body,
			  .body_len = body != NULL ? strlen(body) : 0,
			  .local = token == NULL,
		      });
}

struct request_row {
	const char *method, *path, *token, *body;
	int status; /* when it is told */
	enum ledger_event event;
	const char *secret; /* not in an answer that is not told */
	const char *sql;    /* what it would change; NULL: nothing */
};

/* First it cannot be told, then it can. */
static json_t *twice(struct api_house *h, const struct request_row *act)
{
	size_t before = count_of(h, act->event);
	int64_t was = act->sql != NULL ? house_count(h, act->sql) : 0;
	struct answer a;
	json_t *v;

	block(h);
	a = call(h, act->method, act->path, act->token, act->body);
	if (a.status < 400 || a.status == act->status)
		fail_msg("%s: %d without an entry", act->path, a.status);
	if (act->secret != NULL)
		assert_null(strstr(a.body, act->secret));
	answer_free(&a);
	if (act->sql != NULL)
		assert_int_equal(house_count(h, act->sql), was);
	unblock(h);
	a = call(h, act->method, act->path, act->token, act->body);
	if (a.status != act->status)
		fail_msg("%s: %d: %s", act->path, a.status, a.body);
	if (act->secret != NULL)
		assert_non_null(strstr(a.body, act->secret));
	v = json_loadb(a.body, a.body_len, 0, NULL);
	answer_free(&a);
	assert_int_equal(count_of(h, act->event), before + 1);
	return v;
}

/* --- looking -------------------------------------------------------------- */

static void who_looks_is_told_before_anything_is_shown(void **state)
{
	struct api_house *h = *state;
	char message[128], conversation[128], consents[128], explained[128];
	const struct request_row acts[] = {
	    {"GET", message, NULL, NULL, 200, LEDGER_ACCESS_VIEWED, "Paket",
	     NULL},
	    {"GET", conversation, NULL, NULL, 200, LEDGER_ACCESS_VIEWED,
	     "Paket", NULL},
	    {"GET", explained, NULL, NULL, 200, LEDGER_ACCESS_VIEWED,
	     "datenart", NULL},
	    {"GET", consents, anna, NULL, 200, LEDGER_ACCESS_VIEWED, "alias",
	     NULL},
	};

	(void)path_to(h, message, "messages", ID_MESSAGE, h->inbound, "");
	(void)path_to(h, explained, "policy/explain", ID_MESSAGE, h->inbound,
		      "");
	(void)path_to(h, conversation, "conversations", ID_CONVERSATION,
		      h->conversation, "");
	(void)path_to(h, consents, "persons", ID_PERSON, h->person,
		      "/consents");
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		json_decref(twice(h, &acts[i]));
	assert_string_not_equal(entry_of(h, LEDGER_ACCESS_VIEWED).staff,
				NOBODY);
	/* Never the person. */
	assert_memory_equal(entry_of(h, LEDGER_ACCESS_VIEWED).object.text,
			    "act_", 4);
}

static void a_helpdesk_reads_what_it_was_told(void **state)
{
	struct api_house *h = *state;
	char path[128];

	(void)path_to(h, path, "messages", ID_MESSAGE, h->inbound, "");
	json_decref(ask_json(h, 200, "GET", path, h->desk, NULL, NULL));
	json_decref(ask_json(h, 404, "GET", path, h->other, NULL, NULL));
	assert_int_equal(count_of(h, LEDGER_ACCESS_VIEWED), 0);
}

static void what_leaves_as_a_proof_is_an_export(void **state)
{
	struct api_house *h = *state;
	char path[160];
	struct request_row act = {
	    "GET", path, anna, NULL, 200, LEDGER_ACCESS_EXPORTED, "dpv:", NULL};
	json_t *v =
	    ask_json(h, 200, "POST", "/v1/consents/import", anna, IMPORT, NULL);
	const json_t *row = json_array_get(json_object_get(v, "results"), 0);

	(void)snprintf(path, sizeof(path), "/v1/persons/%s/consents/news/proof",
		       text_in(row, "person"));
	json_decref(v);
	json_decref(twice(h, &act));
	assert_true(entry_of(h, LEDGER_ACCESS_EXPORTED).committed);
}

/* --- acting --------------------------------------------------------------- */

static void tokens_come_and_go_with_their_entries(void **state)
{
	struct api_house *h = *state;
	char path[128];
	const struct request_row made = {
	    "POST", "/v1/tokens",	  anna,	  "{\"scopes\":\"desk\"}",
	    201,    LEDGER_TOKEN_CREATED, "pst_", "SELECT count(*) FROM token"};
	const struct request_row gone = {
	    "POST", path,
	    anna,   NULL,
	    200,    LEDGER_TOKEN_REVOKED,
	    NULL,   "SELECT count(*) FROM token WHERE revoked_ms IS NULL"};
	json_t *v = twice(h, &made);
	struct ledger_told created = entry_of(h, LEDGER_TOKEN_CREATED);

	assert_string_equal(created.object.text, text_in(v, "id"));
	(void)snprintf(path, sizeof(path), "/v1/tokens/%s/revoke",
		       text_in(v, "id"));
	json_decref(v);
	json_decref(twice(h, &gone));
	/* One name for one token. */
	assert_string_equal(entry_of(h, LEDGER_TOKEN_REVOKED).staff,
			    created.staff);
	assert_string_not_equal(created.staff, NOBODY);
}

static void restrictions_come_and_go_with_their_entries(void **state)
{
	static const char open[] =
	    "SELECT count(*) FROM restriction WHERE lifted_ms IS NULL";
	struct api_house *h = *state;
	char set[128], lifted[128];
	const struct request_row acts[] = {
	    {"POST", set, anna, "{\"ground\":\"a\"}", 200, LEDGER_RESTRICT_SET,
	     NULL, open},
	    {"POST", lifted, anna,
	     "{\"informed\":\"2026-09-21\",\"how\":\"mail\"}", 200,
	     LEDGER_RESTRICT_LIFTED, NULL, open},
	};

	(void)path_to(h, set, "conversations", ID_CONVERSATION, h->conversation,
		      "/restrict");
	(void)path_to(h, lifted, "conversations", ID_CONVERSATION,
		      h->conversation, "/lift");
	for (size_t i = 0; i < 2; i++)
		json_decref(twice(h, &acts[i]));
}

static void an_import_is_told_with_its_rows(void **state)
{
	struct api_house *h = *state;
	const struct request_row act = {
	    "POST", "/v1/consents/import",
	    anna,   IMPORT,
	    200,    LEDGER_IMPORT_MADE,
	    NULL,   "SELECT count(*) FROM consent_event"};
	struct ledger_told given;

	json_decref(twice(h, &act));
	assert_int_equal(entry_of(h, LEDGER_IMPORT_MADE).count, 1);
	given = entry_of(h, LEDGER_CONSENT_GIVEN);
	assert_int_equal(given.actor, LEDGER_STAFF);
	assert_int_equal(given.reason, LEDGER_R_IMPORT);
	assert_true(given.committed);
}

/* C1. */
static void a_refused_send_is_told_before_it_is_refused(void **state)
{
	struct api_house *h = *state;
	char path[128];
	const struct request_row act = {
	    "POST",
	    path,
	    h->desk,
	    "{\"text\":\"Neu!\",\"purpose\":\"news\"}",
	    403,
	    LEDGER_SEND_BLOCKED,
	    "consent_missing",
	    "SELECT count(*) FROM figure"};
	struct ledger_told blocked;

	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/messages");
	json_decref(twice(h, &act));
	blocked = entry_of(h, LEDGER_SEND_BLOCKED);
	assert_int_equal(blocked.reason, LEDGER_R_CONSENT_MISSING);
	assert_int_equal(blocked.actor, LEDGER_STAFF);
}

static void a_send_to_whom_is_restricted_is_told_too(void **state)
{
	struct api_house *h = *state;
	char path[128];

	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/restrict");
	json_decref(
	    ask_json(h, 200, "POST", path, anna, "{\"ground\":\"a\"}", NULL));
	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "");
	json_decref(ask_json(h, 403, "GET", path, h->desk, NULL, NULL));
	assert_int_equal(count_of(h, LEDGER_SEND_BLOCKED), 0);
	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/messages");
	json_decref(
	    ask_json(h, 403, "POST", path, h->desk, "{\"text\":\"x\"}", NULL));
	assert_int_equal(entry_of(h, LEDGER_SEND_BLOCKED).reason,
			 LEDGER_R_PERSON_RESTRICTED);
}

/* --- the policy ----------------------------------------------------------- */

static void until_counted(struct api_house *h, const char *path)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	bool counted = false;

	for (int i = 0; i < 6000 && !counted; i++) {
		json_t *v = ask_json(h, 200, "GET", path, anna, NULL, NULL);

		counted = !json_is_null(json_object_get(v, "effect"));
		json_decref(v);
		(void)nanosleep(&pause, NULL);
	}
	assert_true(counted);
}

static void a_policy_is_proposed_approved_and_stopped_with_entries(void **state)
{
	struct api_house *h = *state;
	json_t *text =
	    json_pack("{s:s, s:s}", "policy", POLICY, "from", "2099-01-01");
	char *body = json_dumps(text, 0);
	char path[128], approve[160], stop[160];
	const struct request_row proposed = {
	    "POST", "/v1/policy/versions",
	    anna,   body,
	    202,    LEDGER_POLICY_PROPOSED,
	    NULL,   "SELECT count(*) FROM policy_version"};
	const struct request_row acts[] = {
	    {"POST", approve, bert, NULL, 200, LEDGER_POLICY_APPROVED, NULL,
	     "SELECT count(*) FROM policy_approval"},
	    {"POST", stop, anna, NULL, 200, LEDGER_POLICY_STOPPED, NULL,
	     "SELECT count(*) FROM policy_version WHERE state='stopped'"},
	};
	json_t *v;

	/* The first one came with the installation. */
	assert_int_equal(entry_of(h, LEDGER_POLICY_CHANGED).reason,
			 LEDGER_R_INSTALLED);
	v = twice(h, &proposed);
	(void)snprintf(path, sizeof(path), "/v1/policy/versions/%s",
		       text_in(v, "id"));
	assert_string_equal(entry_of(h, LEDGER_POLICY_PROPOSED).object.text,
			    text_in(v, "id"));
	assert_int_equal(entry_of(h, LEDGER_POLICY_PROPOSED).policy, 2);
	until_counted(h, path);
	(void)snprintf(approve, sizeof(approve), "%s/approve", path);
	(void)snprintf(stop, sizeof(stop), "%s/stop", path);
	for (size_t i = 0; i < 2; i++)
		json_decref(twice(h, &acts[i]));
	assert_int_equal(entry_of(h, LEDGER_POLICY_STOPPED).reason,
			 LEDGER_R_STOPPED);
	json_decref(v);
	json_decref(text);
	free(body);
}

/* --- keys ----------------------------------------------------------------- */

static json_t *keys(struct api_house *h)
{
	return ask_json(h, 200, "GET", "/v1/keys", NULL, NULL, NULL);
}

static bool locked(struct api_house *h)
{
	json_t *v = keys(h);
	bool ret = json_is_true(json_object_get(v, "locked"));

	json_decref(v);
	return ret;
}

static void refused_and_done(struct api_house *h, const char *path,
			     const char *body, enum ledger_event event,
			     bool was_locked)
{
	const struct request_row act = {"POST", path,  NULL, body,
					200,	event, NULL, NULL};
	struct answer a;

	block(h);
	a = call(h, act.method, act.path, NULL, body);
	assert_true(a.status >= 400);
	answer_free(&a);
	assert_int_equal(locked(h), was_locked);
	unblock(h);
	json_decref(ask_json(h, 200, "POST", path, NULL, body, NULL));
	assert_int_equal(locked(h), !was_locked);
	assert_int_equal(count_of(h, event), 1);
	/* Once more is no act. */
	json_decref(ask_json(h, 200, "POST", path, NULL, body, NULL));
	assert_int_equal(count_of(h, event), 1);
	assert_string_equal(entry_of(h, event).staff, NOBODY);
}

static void keys_are_locked_and_unlocked_with_entries(void **state)
{
	struct api_house *h = *state;

	refused_and_done(h, "/v1/keys/lock", NULL, LEDGER_KEYS_LOCKED, false);
	refused_and_done(h, "/v1/keys/unlock", "{}", LEDGER_KEYS_UNLOCKED,
			 true);
}

static json_int_t epoch(struct api_house *h)
{
	json_t *v = keys(h);
	json_int_t ret = json_integer_value(json_object_get(v, "root_epoch"));

	json_decref(v);
	return ret;
}

static void a_root_key_is_rotated_and_copied_with_entries(void **state)
{
	struct api_house *h = *state;
	const struct request_row rotated = {
	    "POST", "/v1/keys/rotate",	NULL, NULL,
	    200,    LEDGER_KEY_ROTATED, NULL, NULL};
	const struct request_row copied = {
	    "POST", "/v1/keys/backup",	NULL, NULL,
	    200,    LEDGER_BACKUP_MADE, NULL, NULL};
	json_int_t before = epoch(h);

	/* Refused once, done once. */
	json_decref(twice(h, &rotated));
	assert_int_equal(epoch(h), before + 1);
	assert_int_equal(entry_of(h, LEDGER_KEY_ROTATED).count, before + 1);
	json_decref(twice(h, &copied));
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(who_looks_is_told_before_anything_is_shown),
	    IN_HOUSE(a_helpdesk_reads_what_it_was_told),
	    IN_HOUSE(what_leaves_as_a_proof_is_an_export),
	    IN_HOUSE(tokens_come_and_go_with_their_entries),
	    IN_HOUSE(restrictions_come_and_go_with_their_entries),
	    IN_HOUSE(an_import_is_told_with_its_rows),
	    IN_HOUSE(a_refused_send_is_told_before_it_is_refused),
	    IN_HOUSE(a_send_to_whom_is_restricted_is_told_too),
	    IN_HOUSE(a_policy_is_proposed_approved_and_stopped_with_entries),
	    IN_HOUSE(keys_are_locked_and_unlocked_with_entries),
	    IN_HOUSE(a_root_key_is_rotated_and_copied_with_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
