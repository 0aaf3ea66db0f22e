/* receive.c - from the acknowledgement to the archive, and what the proof log
 * costs of it.
 *
 *   bench-receive
 *
 * Sealed bodies lie in the spool as the intake leaves them; what is measured
 * is the worker's step that reads, opens, parses, plans, seals and archives
 * them, with a keeper process, in groups of 512, 32 and 1.  Rounds in turn
 * with and without the log: ledger_batch_add is wrapped when this is linked
 * (bench.mk), and does nothing in every second one.  Exit 0 when the log costs
 * at most 15 % of the processor time of both processes (medians of rounds). */
#include <time.h>

#include "receive_house.h"

#include "postern/ledgerbatch.h"
#include "postern/log.h"

#define ROUNDS	7
#define PERSONS 4096
#define ACCOUNT "7794189252778687"
#define TARGET	15.0 /* percent */

int __real_ledger_batch_add(struct store *st, const struct ledger_message *m,
			    struct err *err);
int __wrap_ledger_batch_add(struct store *st, const struct ledger_message *m,
			    struct err *err);

static bool silent;

int __wrap_ledger_batch_add(struct store *st, const struct ledger_message *m,
			    struct err *err)
{
	return silent ? 0 : __real_ledger_batch_add(st, m, err);
}

/* 1.2 kB, as a provider sends it. */
static const char body[] =
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":"
    "\"102290129340398\",\"changes\":[{\"value\":{\"messaging_product\":"
    "\"whatsapp\",\"metadata\":{\"display_phone_number\":\"4930901820\","
    "\"phone_number_id\":\"" ACCOUNT "\"},\"contacts\":[{\"profile\":{"
    "\"name\":\"Lasttest\"},\"wa_id\":\"49171%07u\"}],\"messages\":[{"
    "\"from\":\"49171%07u\",\"id\":\"wamid.HBgL%020llu\",\"timestamp\":"
    "\"1789999990\",\"text\":{\"body\":\"%.*s\"},\"type\":\"text\"}]},"
    "\"field\":\"messages\"}]}]}";
#define TEXT_BYTES 800

struct spent {
	double worker_ns, keeper_ns, wall_ns;
};

static double ns_of(clockid_t clock)
{
	struct timespec t = {0};

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void take(struct house *h, struct spent *sum, int sign)
{
	clockid_t keeper;

	assert_int_equal(clock_getcpuclockid(h->keeper, &keeper), 0);
	sum->worker_ns += sign * ns_of(CLOCK_PROCESS_CPUTIME_ID);
	sum->keeper_ns += sign * ns_of(keeper);
	sum->wall_ns += sign * ns_of(CLOCK_MONOTONIC);
}

static void write_bodies(struct house *h, size_t len)
{
	static unsigned long long number;
	char text[TEXT_BYTES + 1], bytes[2048];
	uint32_t person;

	memset(text, 0, sizeof(text));
	for (size_t i = 0; i < TEXT_BYTES; i++)
		text[i] = "etaoin shrdlu "[i % 14];
	for (size_t i = 0; i < len; i++) {
		person = randombytes_uniform(PERSONS);
		h->ahead_ms++;
		(void)snprintf(bytes, sizeof(bytes), body, person, person,
			       number++, TEXT_BYTES, text);
		house_body_on(h, "shop", bytes, false);
	}
}

static void round_of(struct house *h, size_t rows, size_t group,
		     struct spent *sum)
{
	house_segment(h);
	for (size_t i = 0; i < rows; i += group) {
		write_bodies(h, group);
		take(h, sum, -1);
		house_receive(h);
		take(h, sum, 1);
	}
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), rising);
	return values[ROUNDS / 2];
}

static bool compare(struct house *h, size_t rows, size_t group)
{
	double cpu[2][ROUNDS], wall[2][ROUNDS], keeper[2][ROUNDS], us[2];
	double all = (double)rows * 1000;

	for (size_t i = 0; i < 2 * ROUNDS; i++) {
		struct spent spent = {0};
		size_t told = i % 2, r = i / 2;

		silent = told == 0;
		round_of(h, rows, group, &spent);
		keeper[told][r] = spent.keeper_ns / all;
		cpu[told][r] = spent.worker_ns / all + keeper[told][r];
		wall[told][r] = spent.wall_ns / all;
	}
	for (size_t i = 0; i < 2; i++) {
		us[i] = median(cpu[i]);
		(void)printf("groups of %3zu, %s: %6.1f us of processor a "
			     "message (keeper %.1f), %6.1f us in all\n",
			     group, i == 0 ? "without" : "with   ", us[i],
			     median(keeper[i]), median(wall[i]));
	}
	(void)printf("groups of %3zu: the log costs %.1f %%\n", group,
		     100 * (us[1] - us[0]) / us[0]);
	return 100 * (us[1] - us[0]) <= TARGET * us[0];
}

static const struct setting_value account = {.key = "phone_number_id",
					     .text = ACCOUNT};

int main(void)
{
	static const size_t groups[][2] = {{8192, 512}, {4096, 32}, {512, 1}};
	void *state = NULL;
	struct house *h;
	bool good = true;

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	(void)house_make(&state);
	h = state;
	h->door.driver = channel_find("whatsapp");
	h->channel.values[0] = account;
	silent = true;
	h->unlogged = true;
	round_of(h, 8192, 512, &(struct spent){0}); /* persons are known */
	for (size_t i = 0; i < 3; i++)
		good = compare(h, groups[i][0], groups[i][1]) && good;
	(void)house_unmake(&state);
	(void)printf("%s\n", good ? "reached" : "NOT reached");
	return good ? 0 : 1;
}
