/* rights_house.h - the inbound half of a worker with a zone and the settings
 * of section rights, for the tests of requests. */
#ifndef POSTERN_TESTS_RIGHTS_HOUSE_H
#define POSTERN_TESTS_RIGHTS_HOUSE_H

#include "receive_house.h"

#include "postern/caldate.h"
#include "postern/zonefile.h"
#include "rights/inside.h"

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

#endif
