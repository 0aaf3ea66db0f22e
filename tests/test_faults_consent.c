/* test_faults_consent.c - a person writes for the first time, is asked, says
 * yes, takes it back, stops and wants to know, all in one body, while memory,
 * keeper or store fail: all of it is there, once, or nothing is.
 *
 * Proves: assurance P1, P3; compliance 9 C1, W1. */
#include "receive_faults.h"

#include "worker/consent.h"

#define ASKING                                                           \
	"policy: shop\nversion: 1\npurposes:\n"                          \
	"  support: {basis: contract}\n"                                 \
	"  werbung: {basis: consent, double_opt_in: true, valid: P24M, " \
	"ask: frage, confirmed: danke}\n"                                \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"              \
	"  MEDIA: {from: process_end, delete: P90D}\n"                   \
	"  RAW: {from: collection, delete: P3D}\n"                       \
	"channels:\n  shop: {purpose: support, data: MSG, "              \
	"media: {data: MEDIA}, first_contact: notice, notice: hinweis}"  \
	"\n" HOUSE_POLICY_DESK "notices:\n"                              \
	"  hinweis: \"Datenschutz\"\n"                                   \
	"  frage: \"Angebote? JA oder NEIN\"\n"                          \
	"  danke: \"Danke.\"\n"

static const char pattern[] =
    "message,id=a#,strong=S#,phone=0170#,type=text,text=Start\n"
    "message,id=b#,strong=S#,type=text,text=Ja\n"
    "message,id=c#,strong=S#,type=text,text=Ich widerrufe die Werbung\n"
    "message,id=d#,strong=S#,type=text,text=Stopp\n"
    "message,id=e#,strong=S#,type=text,text=Auskunft\n"
    "optout,id=f#,strong=S#,purpose=polls\n";

static int asking_house(void **state)
{
	int rc = house_make(state);

	house_use(*state, ASKING);
	return rc;
}

static void fresh_body(struct house *h, uint64_t number)
{
	char body[2 * sizeof(pattern)];

	numbered(pattern, number, body, sizeof(body));
	house_body(h, body);
}

static void check_events(struct house *h, int64_t times)
{
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='requested'"
					" AND prompt IS NOT NULL"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='given' AND"
					" length(evidence_sealed)>40"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='withdrawn'"
					" AND purpose='werbung'"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='withdrawn'"
					" AND purpose='polls'"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 4 * times);
	assert_int_equal(HOUSE_COUNT(h, "review"), times);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE type='access'"), times);
	/* Of each address; with whom nobody knows anything else. */
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 2 * times);
	assert_int_equal(house_number(h, "SELECT sum(n) FROM figure WHERE"
					 " name='consent.given'"),
			 times);
}

/* What we wrote ourselves: notice, question, thanks, stopped, access. */
static void check_answers(struct house *h, int64_t times)
{
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='in'"),
			 5 * times);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='out' AND"
					" length(content_sealed)>40"),
			 5 * times);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='notice'"), times);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='ask'"), times);
	assert_int_equal(HOUSE_COUNT(h, "notice_sent"), times);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='channel'"),
			 5 * times);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 3 * times);
	assert_int_equal(HOUSE_COUNT(h, "person"), times);
}

static void survive(struct house *h, unsigned int kind, int code)
{
	uint64_t n;

	fresh_body(h, 1);
	for (n = 1; n < 3000 && strike(h, kind, n, code); n++) {
		house_receive(h);
		check_events(h, (int64_t)n);
		check_answers(h, (int64_t)n);
		fresh_body(h, n + 1);
	}
	assert_in_range(n, 4, 2999);
}

static void consents_outlive_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM);
}

static void consents_outlive_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0);
}

static void consents_outlive_a_broken_store(void **state)
{
	survive(*state, FAULT_SQLITE, EIO);
}

static void consents_outlive_a_keeper_that_comes_and_goes(void **state)
{
	survive(*state, FAULT_KEEPER, ERR_BUSY);
}

/* A single answer of the keeper that is none: the body may be set aside, or
 * lack what could not be known, but no consent is without its proof and no
 * question without its words. */
static void no_consent_lacks_its_proof(void **state)
{
	static const int kinds[] = {ERR_CORRUPT, ERR_ABSENT, ERR_INPUT};
	struct house *h = *state;
	uint64_t number = 0;

	for (size_t k = 0; k < 3; k++)
		for (uint64_t n = 1;; n++) {
			fresh_body(h, ++number);
			if (!strike(h, FAULT_RESULT, n, kinds[k]))
				break;
			house_receive(h);
			assert_true(n < 1000);
			assert_int_equal(
			    HOUSE_COUNT(h, "consent_event WHERE kind='given'"
					   " AND evidence_sealed IS NULL"),
			    0);
			assert_int_equal(
			    HOUSE_COUNT(h, "message WHERE direction='out' AND"
					   " content_sealed IS NULL"),
			    0);
			/* Or in both places: one person of it unknown. */
			assert_true(
			    HOUSE_COUNT(h, "message WHERE direction='in'") +
				5 * HOUSE_COUNT(h, "quarantine") >=
			    5 * (int64_t)number);
		}
	assert_true(HOUSE_COUNT(h, "consent_event WHERE kind='given'") > 10);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, asking_house, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(consents_outlive_a_lack_of_memory),
	    CASE(consents_outlive_a_busy_store),
	    CASE(consents_outlive_a_broken_store),
	    CASE(consents_outlive_a_keeper_that_comes_and_goes),
	    CASE(no_consent_lacks_its_proof),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
