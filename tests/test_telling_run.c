/* test_telling_run.c - recipients are told, reminded, and given up on.
 *
 * Proves: Art. 19 GDPR; compliance 9 N1. */
#include "deliver_house.h"

#include "postern/ledgerentry.h"
#include "postern/log.h"
#include "postern/opendsr.h"
#include "recipients/telling.h"
#include "worker/alarm.h"

#define DAY_MS INT64_C(86400000)

/* A company with OpenDSR on loopback. */
static struct {
	struct loopback server;
	struct settings_processor conf;
	int post, get; /* status of answers; 0: takes it, then cuts */
	const char *status;
	_Atomic int posts, gets;
	char body[8192], head[8192], ids[8][OPENDSR_UUID_BYTES];
} firm;

static void firm_answer(int fd, int status, const char *id, const char *state)
{
	char body[512], text[1024];

	(void)snprintf(body, sizeof(body),
		       "{\"controller_id\":\"c\",\"subject_request_id\":\"%s\""
		       "%s%s%s}",
		       id, state != NULL ? ",\"request_status\":\"" : "",
		       state != NULL ? state : "", state != NULL ? "\"" : "");
	(void)snprintf(text, sizeof(text),
		       "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       status, strlen(body), body);
	(void)loopback_text(fd, text);
}

static void firm_post(const char *head, const char *body)
{
	json_t *doc = json_loads(body, 0, NULL);

	(void)pthread_mutex_lock(&dh.lock);
	(void)snprintf(firm.body, sizeof(firm.body), "%s", body);
	(void)snprintf(firm.head, sizeof(firm.head), "%.*s", (int)(body - head),
		       head);
	if (firm.posts < 8)
		(void)snprintf(firm.ids[firm.posts], OPENDSR_UUID_BYTES, "%s",
			       json_string_value(
				   json_object_get(doc, "subject_request_id")));
	firm.posts++;
	(void)pthread_mutex_unlock(&dh.lock);
	json_decref(doc);
}

static void firm_serve(struct loopback *s, int fd)
{
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body;

	while (loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body)) {
		char id[OPENDSR_UUID_BYTES] = "";
		bool get = strncmp(request, "GET /v2/requests/", 17) == 0;

		if (get) {
			(void)snprintf(id, sizeof(id), "%.36s", request + 17);
			firm.gets++;
			firm_answer(fd, firm.get, id, firm.status);
			continue;
		}
		assert_true(strncmp(request, "POST /v2/requests ", 18) == 0);
		firm_post(request, body);
		if (firm.post == 0)
			break;
		(void)snprintf(id, sizeof(id), "%s", firm.ids[firm.posts - 1]);
		firm_answer(fd, firm.post, id, NULL);
	}
	free(request);
}

static int make(void **state)
{
	int rc = dh_make(state);
	struct settings_processor *p = &firm.conf;
	char address[32];

	memset(&firm, 0, sizeof(firm));
	firm.post = 201;
	firm.get = 200;
	firm.status = "in_progress";
	loopback_open(&firm.server, firm_serve, NULL);
	memcpy(address, firm.server.address, sizeof(address));
	assert_true(name_set(&p->name, "versand", 7));
	(void)snprintf(p->title, sizeof(p->title), "Versand GmbH");
	(void)snprintf(p->domain, sizeof(p->domain), "dsr.versand.example");
	(void)snprintf(p->url, sizeof(p->url), "http://%s/v2", address);
	(void)snprintf(p->allow[0], sizeof(p->allow[0]), "%s", address);
	p->allow_len = 1;
	assert_true(name_set(&p->kinds[0], "phone", 5));
	p->kinds_len = 1;
	p->every = true;
	p->values[0].key = "token";
	p->values_len = 1;
	assert_int_equal(
	    secret_set(&p->values[0].secret, "token-of-versand", 16, NULL), 0);
	store_close(&dh.w.store);
	assert_int_equal(store_open("failing", "", &dh.w.store, NULL), 0);
	assert_int_equal(telling_open(&dh.w, &dh.w.tellings, NULL), 0);
	return rc;
}

static int unmake(void **state)
{
	int rc;

	http_close(&dh.w.http);
	telling_close(&dh.w, &dh.w.tellings);
	assert_int_equal(http_open(&dh.env, &dh.w.http, NULL), 0);
	rc = dh_unmake(state);
	secret_wipe(&firm.conf.values[0].secret);
	loopback_close(&firm.server);
	return rc;
}

static void with_firm(void)
{
	dh.settings.processors = &firm.conf;
	dh.settings.processors_len = 1;
}

/* --- the machine ---------------------------------------------------------- */

static int plan(int64_t person)
{
	const struct telling_order order = {
	    .erasure = 77, .person = person, .event = TELLING_ERASED};
	struct err err = {0};

	if (worker_begin(&dh.w, &err) != 0)
		return -1;
	if (telling_plan(&dh.w, &order, &err) != 0 ||
	    telling_release(&dh.w, 77, &err) != 0 ||
	    worker_commit(&dh.w, &err) != 0) {
		worker_roll_back(&dh.w);
		return -1;
	}
	return 0;
}

/* Until nothing is under way or due; false: a step failed. */
static bool run(void)
{
	struct env *real = env_system();
	int64_t end_ms = real->boot_ms(real) + 20000;
	struct err err = {0};
	bool moved;

	while (real->boot_ms(real) < end_ms) {
		moved = false;
		if (telling_step(&dh.w, &moved, &err) != 0) {
			assert_int_equal(err.kind, ERR_BUSY);
			prove_drop(&dh.w);
			return false;
		}
		assert_int_equal(
		    http_poll(dh.w.http, NULL, 0, moved ? 0 : 10, &err), 0);
		if (!moved && http_under_way(dh.w.http) == 0 &&
		    telling_due_in_ms(&dh.w) != 0)
			return true;
	}
	fail_msg("telling does not come to rest");
	return false;
}

static void pass(int64_t ms)
{
	dh.ahead_ms += ms;
	assert_true(run());
}

static int64_t entries_of(enum ledger_event event)
{
	static const char sql[] = "SELECT count(*) FROM ledger_entry WHERE"
				  " instr(CAST(body AS TEXT),?)>0";
	char part[64];
	bool found = false;
	int64_t n = -1;

	(void)snprintf(part, sizeof(part), "\"e\":\"%s\"",
		       ledger_event_name(event));
	assert_int_equal(store_one_int(dh.w.store, sql,
				       STORE_ARGS(S_TEXT(part)), &n, &found,
				       NULL),
			 0);
	return n;
}

static int64_t in_state(const char *state)
{
	static const char sql[] =
	    "SELECT count(*) FROM telling WHERE state=? AND kind IN"
	    " ('helpdesk','processor')";
	bool found = false;
	int64_t n = -1;

	assert_int_equal(store_one_int(dh.w.store, sql,
				       STORE_ARGS(S_TEXT(state)), &n, &found,
				       NULL),
			 0);
	return n;
}

static int64_t alarms(void)
{
	int64_t n = -1;
	bool found;

	assert_int_equal(
	    store_one_int(dh.w.store,
			  "SELECT count(*) FROM alarm WHERE ended_ms IS NULL",
			  STORE_NO_ARGS, &n, &found, NULL),
	    0);
	return n;
}

static int64_t begin(const char *helpdesk)
{
	int64_t cnv = dh_conversation(helpdesk);

	assert_int_equal(plan(dh_person_of(cnv)), 0);
	return cnv;
}

/* The person and all keys of theirs are gone before anybody is told. */
static void forget_person(int64_t person)
{
	struct keeper_batch *batch = NULL;

	dh_sql("DELETE FROM conversation", STORE_NO_ARGS);
	dh_sql("DELETE FROM address", STORE_NO_ARGS);
	dh_sql("DELETE FROM person", STORE_NO_ARGS);
	assert_int_equal(keeper_batch_new(dh.w.keeper, &batch, NULL), 0);
	(void)keeper_add_shred(batch, person, NULL);
	assert_int_equal(keeper_run(batch, NULL), 0);
	keeper_batch_free(&batch);
}

static void a_helpdesk_hears_what_to_forget(void **state)
{
	int64_t cnv = begin("desk");
	struct id_text person, conversation;
	char said[256];
	json_t *body;

	(void)state;
	id_format(&dh.w.mask, ID_PERSON, dh_person_of(cnv), &person);
	id_format(&dh.w.mask, ID_CONVERSATION, cnv, &conversation);
	forget_person(dh_person_of(cnv));
	assert_true(run());
	assert_int_equal(dh.desks[0].len, 1);
	assert_string_equal(dh_said(&dh.desks[0], 0, "id", said), person.text);
	assert_string_equal(dh_said(&dh.desks[0], 0, "confirm", said), "");
	body = json_loads(dh.desks[0].bodies[0], 0, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "type")),
			    "person.erased");
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(json_object_get(body, "data"), "conversations"),
		0)),
	    conversation.text);
	json_decref(body);
	assert_memory_equal(dh.desks[0].ids[0], "tel_", 4);
	assert_int_equal(in_state("confirmed"), 1);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_TOLD), 1);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_CONFIRMED), 1);
	/* Nothing is left that could be told again. */
	assert_int_equal(COUNT_OF("telling WHERE telling_sealed IS NOT NULL OR"
				  " year<>0"),
			 0);
}

static void a_failure_is_tried_again_and_ends_in_a_task(void **state)
{
	bool refused = true;

	(void)state;
	dh.desks[0].status = 500;
	(void)begin("desk");
	assert_true(run());
	assert_int_equal(in_state("pending"), 1);
	pass(DAY_MS);
	assert_int_equal(in_state("pending"), 1);
	assert_int_equal(alarms(), 0);
	pass(DAY_MS);
	assert_int_equal(dh.desks[0].len, 3); /* attempts_max */
	assert_string_equal(dh.desks[0].ids[0], dh.desks[0].ids[2]);
	assert_int_equal(in_state("failed"), 1);
	assert_int_equal(alarms(), 1);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_FAILED), 1);
	pass(30 * DAY_MS);
	assert_int_equal(dh.desks[0].len, 3);
	/* Somebody mends it and says: again. */
	dh.desks[0].status = 204;
	assert_int_equal(telling_again(&dh.w,
				       dh_number("SELECT id FROM telling WHERE"
						 " kind='helpdesk'"),
				       &refused, NULL),
			 0);
	assert_false(refused);
	assert_true(run());
	assert_string_equal(dh.desks[0].ids[0], dh.desks[0].ids[3]);
	assert_int_equal(in_state("confirmed"), 1);
	assert_int_equal(alarms(), 0);
}

static void who_refuses_is_not_asked_again(void **state)
{
	(void)state;
	dh.desks[0].status = 410;
	(void)begin("desk");
	pass(10 * DAY_MS);
	assert_int_equal(dh.desks[0].len, 1);
	assert_int_equal(in_state("failed"), 1);
}

static void a_helpdesk_that_confirms_is_waited_for(void **state)
{
	char said[256];
	int64_t id;

	(void)state;
	dh.confs[0].confirms = true;
	(void)begin("desk");
	assert_true(run());
	id = dh_number("SELECT id FROM telling WHERE kind='helpdesk'");
	assert_int_equal(in_state("sent"), 1);
	assert_memory_equal(dh_said(&dh.desks[0], 0, "confirm", said),
			    "/v1/tellings/tel_", 17);
	for (int i = 0; i < 3; i++)
		pass(2 * DAY_MS + 60000); /* reminders */
	assert_int_equal(dh.desks[0].len, 4);
	assert_string_equal(dh.desks[0].ids[0], dh.desks[0].ids[3]);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_TOLD), 1);
	pass(2 * DAY_MS + 60000);
	assert_int_equal(in_state("failed"), 1);
	assert_int_equal(alarms(), 1);
	/* Late, but done. */
	assert_int_equal(worker_begin(&dh.w, NULL), 0);
	assert_int_equal(
	    telling_end(&dh.w, id, TELLING_CONFIRMED, "confirmed", NULL), 0);
	assert_int_equal(worker_commit(&dh.w, NULL), 0);
	assert_int_equal(in_state("confirmed"), 1);
	assert_int_equal(alarms(), 0);
	/* Once more says nothing new. */
	assert_int_equal(worker_begin(&dh.w, NULL), 0);
	assert_int_equal(
	    telling_end(&dh.w, id, TELLING_CONFIRMED, "confirmed", NULL), 0);
	assert_int_equal(worker_commit(&dh.w, NULL), 0);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_CONFIRMED), 1);
}

/* A key goes when its recipient has confirmed: a restored row without one was
 * confirmed after the backup. */
static void what_was_confirmed_before_a_restore_is_not_told_again(void **state)
{
	(void)state;
	(void)begin("desk");
	dh_sql("UPDATE telling SET telling_sealed=NULL", STORE_NO_ARGS);
	assert_true(run());
	assert_int_equal(dh.desks[0].len, 0);
	assert_int_equal(in_state("confirmed"), 1);
}

static void a_helpdesk_that_left_the_settings_cannot_be_told(void **state)
{
	(void)state;
	(void)begin("desk");
	dh.settings.helpdesks_len = 0;
	assert_true(run());
	dh.settings.helpdesks_len = DESKS;
	assert_int_equal(COUNT_OF("telling WHERE state='impossible' AND"
				  " reason='not_configured'"),
			 1);
}

static void a_key_that_is_none_costs_opendsr_alone(void **state)
{
	struct settings *s = &dh.settings;

	(void)state;
	telling_close(&dh.w, &dh.w.tellings);
	(void)snprintf(s->opendsr.domain, sizeof(s->opendsr.domain),
		       "dsr.example");
	s->opendsr.values[0].key = "key";
	s->opendsr.values_len = 1;
	assert_int_equal(
	    secret_set(&s->opendsr.values[0].secret, "no key", 6, NULL), 0);
	assert_int_equal(telling_open(&dh.w, &dh.w.tellings, NULL), 0);
	assert_null(dh.w.opendsr_key);
	secret_wipe(&s->opendsr.values[0].secret);
	s->opendsr.values_len = 0;
	(void)begin("desk");
	assert_true(run());
	assert_int_equal(in_state("confirmed"), 1);
}

/* --- processors ----------------------------------------------------------- */

static void a_processor_is_asked_and_polled(void **state)
{
	const struct opendsr_rules rules = {.domain = "dsr.versand.example"};
	struct opendsr_request rq;
	struct opendsr_faults faults;

	(void)state;
	with_firm();
	(void)begin("gone");
	assert_true(run());
	assert_int_equal(firm.posts, 1);
	assert_int_equal(opendsr_request_read(firm.body, strlen(firm.body),
					      &rules, &rq, &faults, NULL),
			 0);
	assert_int_equal(rq.identities_len, 1);
	assert_string_equal(rq.identities[0].value, "+4930123456");
	assert_int_equal(rq.type, OPENDSR_ERASURE);
	opendsr_request_free(&rq);
	assert_non_null(strcasestr(firm.head, "Bearer token-of-versand\r\n"));
	assert_int_equal(in_state("sent"), 1);
	pass(DAY_MS / 4 + 1000);
	assert_int_equal(firm.gets, 1);
	assert_int_equal(in_state("sent"), 1);
	firm.status = "completed";
	pass(DAY_MS / 4 + 1000);
	assert_int_equal(in_state("confirmed"), 1);
	assert_int_equal(firm.posts, 1);
}

static void an_unknown_outcome_is_asked_about(void **state)
{
	(void)state;
	with_firm();
	firm.post = 0;
	firm.get = 404; /* it never came */
	(void)begin("gone");
	assert_true(run());
	assert_int_equal(firm.posts, 1);
	firm.post = 201;
	pass(DAY_MS);
	assert_int_equal(firm.gets, 1);
	assert_int_equal(firm.posts, 2);
	assert_string_equal(firm.ids[0], firm.ids[1]);
	assert_int_equal(in_state("sent"), 1);
}

static void an_unknown_outcome_may_have_arrived(void **state)
{
	(void)state;
	with_firm();
	firm.post = 0;
	(void)begin("gone");
	assert_true(run());
	pass(DAY_MS);
	assert_int_equal(firm.posts, 1);
	assert_int_equal(firm.gets, 1);
	assert_int_equal(in_state("sent"), 1);
	assert_int_equal(entries_of(LEDGER_RECIPIENT_TOLD), 1);
}

static void a_processor_that_refuses_is_a_task(void **state)
{
	(void)state;
	with_firm();
	firm.status = "cancelled";
	(void)begin("gone");
	assert_true(run());
	pass(DAY_MS);
	assert_int_equal(in_state("failed"), 1);
	assert_int_equal(alarms(), 1);
}

static void a_processor_has_a_month(void **state)
{
	(void)state;
	with_firm();
	(void)begin("gone");
	assert_true(run());
	pass(34 * DAY_MS);
	assert_int_equal(in_state("sent"), 1);
	pass(2 * DAY_MS);
	assert_int_equal(in_state("failed"), 1);
}

/* --- killed anywhere ------------------------------------------------------ */

static void kill_it(void)
{
	http_close(&dh.w.http);
	telling_close(&dh.w, &dh.w.tellings);
	prove_drop(&dh.w);
	assert_int_equal(http_open(&dh.env, &dh.w.http, NULL), 0);
	assert_int_equal(telling_open(&dh.w, &dh.w.tellings, NULL), 0);
}

/* One person, one helpdesk, one processor; the n-th call of the archive fails
 * and the process dies there.  False: there were not so many. */
static bool killed_at(uint64_t nth)
{
	bool died;

	firm.status = "completed";
	store_failing_set(dh.w.store, nth, true);
	died = !run();
	if (!died)
		died = store_failing_calls(dh.w.store) >= nth;
	store_failing_set(dh.w.store, 0, false);
	kill_it();
	assert_true(run());
	pass(DAY_MS);
	return died;
}

static void killed_anywhere_nobody_is_missed_or_told_twice(void **state)
{
	uint64_t nth = 1;
	bool died = true;

	for (; died; nth++) {
		assert_int_equal(make(state), 0);
		with_firm();
		(void)begin("desk");
		died = killed_at(nth);
		assert_int_equal(in_state("confirmed"), 2);
		assert_int_equal(entries_of(LEDGER_RECIPIENT_TOLD), 2);
		assert_int_equal(entries_of(LEDGER_RECIPIENT_CONFIRMED), 2);
		assert_true(dh.desks[0].len >= 1 && firm.posts >= 1);
		for (size_t i = 1; i < dh.desks[0].len; i++)
			assert_string_equal(dh.desks[0].ids[0],
					    dh.desks[0].ids[i]);
		for (int i = 1; i < firm.posts; i++)
			assert_string_equal(firm.ids[0], firm.ids[i]);
		assert_int_equal(unmake(state), 0);
	}
	assert_true(nth > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)
	    T(a_helpdesk_hears_what_to_forget),
	    T(a_failure_is_tried_again_and_ends_in_a_task),
	    T(who_refuses_is_not_asked_again),
	    T(a_helpdesk_that_confirms_is_waited_for),
	    T(what_was_confirmed_before_a_restore_is_not_told_again),
	    T(a_helpdesk_that_left_the_settings_cannot_be_told),
	    T(a_key_that_is_none_costs_opendsr_alone),
	    T(a_processor_is_asked_and_polled),
	    T(an_unknown_outcome_is_asked_about),
	    T(an_unknown_outcome_may_have_arrived),
	    T(a_processor_that_refuses_is_a_task),
	    T(a_processor_has_a_month),
	    cmocka_unit_test(killed_anywhere_nobody_is_missed_or_told_twice),
	};

	if (sodium_init() < 0)
		return 1;
	log_open("test");
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
