/* package.c - the copy of a person's data: how long it takes, what it takes
 * from everybody else meanwhile, and whether memory follows its length.
 *
 *   bench-package [MESSAGES]
 *
 * A keeper process, an archive of one person with so many messages, and the
 * worker's step as its loop calls it.  First a tenth of the messages, then all
 * of them.  Exit 0 when the copy of all takes under 10 s, and this process 2
 * MiB more for it, at most, than it ever had before. */
#include <sys/resource.h>
#include <time.h>

#include "package_house.h"

#include "postern/log.h"

#define MESSAGES 10000
#define BATCH	 250
#define LIMIT_S	 10.0
#define MORE_KIB (2 * 1024)

static double now_s(void)
{
	struct timespec t = {0};

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kib(void)
{
	struct rusage use = {0};

	assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
	return use.ru_maxrss;
}

static void fill(struct house *h, int from, int to)
{
	static const char text[] =
	    "Guten Tag! Meine Bestellung ist gestern angekommen aber das "
	    "Paket war offen und es fehlt ein Teil. K\xc3\xb6nnen Sie mir "
	    "bitte sagen wie es weitergeht? Vielen Dank und sch\xc3\xb6ne "
	    "Gr\xc3\xbc\xc3\x9f"
	    "e";

	for (int i = from; i < to; i++) {
		package_writes(h, i, text);
		if (i % BATCH == BATCH - 1)
			house_receive(h);
	}
	house_receive(h);
}

struct made {
	double all_s, longest_s;
	int turns;
	long more_kib;
	int64_t bytes;
};

static struct made make_one(struct house *h, int64_t request)
{
	struct made m = {0};
	struct package_view view;
	struct err err = {0};
	const long before_kib = peak_kib();
	double began = now_s();
	bool moved = true;

	(void)package_order(h, PACKAGE_ACCESS, request);
	while (moved) {
		double at = now_s(), took;

		assert_int_equal(package_turn(h, &moved, &err), 0);
		took = now_s() - at;
		if (took > m.longest_s)
			m.longest_s = took;
		m.turns++;
	}
	m.all_s = now_s() - began;
	m.more_kib = peak_kib() - before_kib;
	assert_int_equal(package_state_is(h, request, &view), PACKAGE_READY);
	m.bytes = view.bytes;
	return m;
}

static void say(const char *what, int messages, const struct made *m)
{
	(void)printf("%-8s %7d messages  %6.2f s  %6d slices, longest %5.1f "
		     "ms  %5.1f MiB  memory +%ld KiB\n",
		     what, messages, m->all_s, m->turns, m->longest_s * 1e3,
		     (double)m->bytes / 1048576, m->more_kib);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	int messages = argc > 1 ? (int)strtol(argv[1], NULL, 10) : MESSAGES;
	struct made tenth, all;
	void *state = NULL;
	struct house *h;
	bool met;

	if (messages < 100 || messages > 1000000)
		return 2;
	log_set_level(LOG_LEVEL_ERROR);
	if (package_house_make(&state) != 0)
		return 1;
	h = state;
	h->unlogged = true;
	fill(h, 0, messages / 10);
	tenth = make_one(h, 1);
	say("a tenth", messages / 10, &tenth);
	fill(h, messages / 10, messages);
	all = make_one(h, 2);
	say("all", messages, &all);
	met = (messages > MESSAGES || all.all_s < LIMIT_S) &&
	      all.more_kib < MORE_KIB;
	(void)printf("%s\n", met ? "met" : "NOT met");
	return package_house_unmake(&state) == 0 && met ? 0 : 1;
}
