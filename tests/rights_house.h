/* rights_house.h - the inbound half of a worker with a zone and the settings
 * of section rights, for the tests of requests. */
#ifndef POSTERN_TESTS_RIGHTS_HOUSE_H
#define POSTERN_TESTS_RIGHTS_HOUSE_H

#include "receive_house.h"

#include "postern/caldate.h"
#include "postern/zonefile.h"
#include "rights/machine.h"

/* A provider that is always away: letters wait. */
static inline int rights_request(const struct channel *ch,
				 const struct channel_act *act,
				 struct http_call *ret, struct err *err)
{
	(void)ch;
	(void)act;
	(void)ret;
	return ERR_SET(err, ERR_BUSY, "away", 0);
}

static const struct channel_driver rights_driver = {
    .name = "double",
    .account_key = "account_id",
    .parse = house_parse,
    .request = rights_request,
};

static inline int rights_house_make(void **state)
{
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX);
	struct err err = {0};
	struct house *h;

	if (house_make(state) != 0)
		return -1;
	h = *state;
	memcpy(h->settings.controller.land, "BE", 3);
	memcpy(h->settings.controller.language, "de", 3);
	h->door.driver = &rights_driver;
	h->settings.limits.attempts_max = 12;
	h->settings.rights.internal_days = 7;
	h->settings.rights.warn_days = 7;
	h->settings.rights.proof_days = 14;
	h->settings.rights.proof_tries = 5;
	h->settings.rights.asked_days = 3;
	assert_int_equal(zonefile_read("Europe/Berlin", &bytes, &err), 0);
	assert_int_equal(zone_parse(bytes.bytes, bytes.len, &h->w.zone, &err),
			 0);
	buf_free(&bytes);
	return 0;
}

static inline int rights_house_unmake(void **state)
{
	struct house *h = *state;

	rights_close(&h->w);
	zone_free(&h->w.zone);
	return house_unmake(state);
}

/* What time it is. */
static inline void rights_clock(struct house *h, const char *instant)
{
	int64_t ms = 0;

	assert_true(instant_parse(instant, &ms));
	h->ahead_ms = ms - HOUSE_NOW;
}

static inline int64_t rights_day(const char *date)
{
	int64_t day = 0;

	assert_true(caldate_parse(date, &day));
	return day;
}

static inline void rights_begin(struct house *h)
{
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
}

static inline void rights_commit(struct house *h)
{
	struct err err = {0};

	assert_int_equal(worker_commit(&h->w, &err), 0);
}

static inline struct rights_opened rights_ask(struct house *h,
					      const struct rights_ask *ask)
{
	struct rights_opened opened = {0};
	struct err err = {0};

	rights_begin(h);
	assert_int_equal(rights_open(&h->w, ask, &opened, &err), 0);
	rights_commit(h);
	return opened;
}

/* By somebody at the phone number, through the API. */
static inline struct rights_ask rights_by_phone(struct house *h,
						enum rights_type type,
						const char *phone)
{
	return (struct rights_ask){
	    .type = type,
	    .via = RIGHTS_API,
	    .identifiers = {{"phone", phone}},
	    .identifiers_len = 1,
	    .received_ms = worker_now(&h->w),
	};
}

static inline struct rights_request rights_get(struct house *h, int64_t id)
{
	struct rights_request r = {0};
	struct err err = {0};
	bool found = false;

	assert_int_equal(rights_load(&h->w, id, &r, &found, &err), 0);
	assert_true(found);
	return r;
}

/* What an act refused; "" if it was done. */
static inline const char *rights_refusal(int rc, const char *refused)
{
	assert_int_equal(rc, 0);
	return refused != NULL ? refused : "";
}

static inline const char *rights_identify(struct house *h, int64_t id)
{
	const char *refused = NULL;
	struct err err = {0};
	int rc;

	rights_begin(h);
	rc = rights_verify(&h->w, id, "staff", 0, &refused, &err);
	rights_commit(h);
	return rights_refusal(rc, refused);
}

/* Turns until nothing moves. */
static inline void rights_turn(struct house *h)
{
	bool moved = true;

	h->w.rights.asked = true;
	for (int i = 0; i < 100 && moved; i++) {
		struct err err = {0};

		moved = false;
		if (rights_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
	assert_false(moved);
}

/* Every letter that waits is with the person. */
static inline void rights_sent(struct house *h)
{
	house_sql(h, "UPDATE request_letter SET state='sent',sent_ms=1 WHERE"
		     " state='waiting'");
}

/* The newest letter of this kind; the caller frees. */
static inline char *rights_letter(struct house *h, const char *what)
{
	static const char sql[] = "SELECT id,request FROM request_letter WHERE"
				  " what=? ORDER BY id DESC LIMIT 1";
	struct store_rows *rows = NULL;
	struct err err = {0};
	struct request r;
	json_t *json = NULL;
	int64_t id;
	char *text;

	assert_int_equal(
	    store_start(h->w.store, sql, STORE_ARGS(S_TEXT(what)), &rows, &err),
	    0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	id = store_column(h->w.store, rows, 0).num;
	assert_int_equal(request_need(&h->w,
				      store_column(h->w.store, rows, 1).num, &r,
				      &err),
			 0);
	store_finish(h->w.store, &rows);
	assert_int_equal(letter_open(&h->w, &r, id, &json, &err), 0);
	text = strdup(json_string_value(json_object_get(json, "text")));
	assert_non_null(text);
	json_decref(json);
	return text;
}

#endif
