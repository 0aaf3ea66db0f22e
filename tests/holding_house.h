/* holding_house.h - holds placed in the house of receive_house.h. */
#ifndef POSTERN_TESTS_HOLDING_HOUSE_H
#define POSTERN_TESTS_HOLDING_HOUSE_H

#include "receive_house.h"

#include "forget/holding_inside.h"

#define OWNER	 11
#define APPROVER 12

static inline void holding_tokens(struct house *h)
{
	house_sql(h, "INSERT INTO token(id,token_hash,scopes,label,created_ms,"
		     "expires_ms) VALUES(11,x'00','rights','Anna',1,2),"
		     "(12,x'00','rights','Bert',1,2),"
		     "(13,x'00','rights',' anna ',1,2),"
		     "(14,x'00','rights','Carl',1,2)");
}

static inline struct holding_order holding_order_of(struct house *h)
{
	return (struct holding_order){
	    .what = {.scope = HOLD_QUERY,
		     .from_day = HOLD_DAY_NONE,
		     .to_day = HOLD_DAY_NONE},
	    .words = {"Order 4711"},
	    .words_len = 1,
	    .reason = "Klage angedroht",
	    .matter = "AZ 12/26",
	    .owner = OWNER,
	    .approver = APPROVER,
	    .review_day = caldate_local(NULL, house_wall(&h->env)) + 90,
	};
}

/* 0: refused, *ret_refused says why. */
static inline int64_t holding_do(struct house *h, const struct holding_order *o,
				 const char **ret_refused)
{
	struct err err = {0};
	int64_t id = 0;

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(holding_place(&h->w, o, &id, ret_refused, &err), 0);
	if (*ret_refused == NULL) {
		assert_int_equal(worker_commit(&h->w, &err), 0);
		return id;
	}
	worker_roll_back(&h->w);
	return 0;
}

static inline int64_t holding_placed(struct house *h,
				     const struct holding_order *o)
{
	const char *refused = NULL;
	int64_t id = holding_do(h, o, &refused);

	assert_null(refused);
	return id;
}

/* The loop comes round until there is nothing left to look at. */
static inline void holding_turns(struct house *h)
{
	struct err err = {0};
	bool moved = false;

	for (int i = 0; i < 200; i++) {
		if (h->w.holding != NULL)
			h->w.holding->scan_boot_ms =
			    h->w.holding->days_boot_ms = 0;
		if (holding_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
}

static inline int64_t holding_over(struct house *h, int64_t item)
{
	const struct hold_facts facts = {.item = item,
					 .received_ms = HOUSE_NOW};
	struct err err = {0};
	int64_t hold = 0;

	assert_int_equal(hold_of(&h->w, &facts, &hold, &err), 0);
	return hold;
}

#endif
