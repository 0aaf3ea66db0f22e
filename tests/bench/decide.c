/* decide.c - what the policy costs a message: facts gathered, a decision made,
 * the reasons written, for an everyday message of a person who was told.
 *
 * bench-decide POLICY.yaml CHANNEL: a text of about 70 characters, one of 700,
 * one of 800 in no language, which is read to its end, and one of 140 with an
 * IBAN and a card, by the policy given.  Limit: 20 microseconds. */
#include "archive_world.h"

#include <unistd.h>

#include "channel/event_make.h"
#include "worker/content.h"
#include "worker/decide.h"
#include "worker/notice.h"
#include "worker/redaction.h"

#define ROUNDS	 9
#define PER	 20000
#define LIMIT_NS 20000

static const char sentence[] =
    "Guten Tag, wo ist bitte mein Paket? Die Nummer habe ich leider nicht. ";
/* What the load of `make bench` writes. */
static const char letters[] = "etaoin shrdlu ";
static const char numbers[] =
    "Bitte erstatten Sie auf DE89 3704 0044 0532 0130 00, nicht auf die Karte "
    "4111 1111 1111 1111; erreichbar bin ich unter 030 1234567, abends.";

static void check(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s\n", err->where, err->what);
	_exit(1);
}

static struct policy *policy_read(const char *path)
{
	static uint8_t bytes[1024 * 1024];
	static struct diag diag;
	struct policy *p = NULL;
	FILE *f = fopen(path, "rb");
	size_t len = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f != NULL)
		(void)fclose(f); /* read only */
	diag_init(&diag, path);
	if (policy_parse(bytes, len, &diag, &p) != 0) {
		diag_print(&diag, stderr);
		_exit(1);
	}
	return p;
}

/* The conversation of somebody who has the notice already. */
static void make_person(struct world *world, struct step *s,
			struct conversation *c)
{
	struct worker *w = &world->w;
	const struct policy_notice *notice =
	    policy_first_notice(w->policy, &s->item->channel, "de");
	struct notice_row row = {.person = s->person,
				 .message = 1,
				 .channel = &s->item->channel,
				 .notice = notice};
	struct err err = {0};

	check(conversation_for(w, s->person, &s->item->channel, world->ms, c,
			       &err),
	      &err);
	memcpy(c->language, "de", 3);
	if (notice != NULL)
		check(notice_add(w, &row, &err), &err);
}

static void decide_one(struct batch *b, struct step *s,
		       const struct conversation *c)
{
	struct policy_decision d;
	struct content_more more;
	struct err err = {0};

	check(decide_normalise(b, s->event, &err), &err);
	check(decide_receive(b, s, c, &d, &err), &err);
	check(redaction_accept(b, s, &d, &err), &err);
	more = (struct content_more){&d, s->redacted, s->redacted_len};
	check(content_message(s->event, &more, &b->clear, &err), &err);
	if (!d.store || d.say_len > 0) {
		(void)fprintf(stderr, "bench: no everyday message\n");
		_exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The median of some rounds, in nanoseconds per message. */
static int64_t measure(struct batch *b, struct step *s,
		       const struct conversation *c, const char *piece,
		       size_t times)
{
	struct event_list *list = event_list_new();
	size_t len = strlen(piece);
	char *text = calloc(1, len * times + 1);
	int64_t took[ROUNDS], from;
	struct event said, *e;

	if (list == NULL || text == NULL)
		_exit(1);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * len, piece, len);
	said = (struct event){.kind = EVENT_MESSAGE,
			      .type = "text",
			      .text = text,
			      .text_len = strlen(text),
			      .media = {.bytes = -1}};
	s->event = e = event_list_add(list, EVENT_MESSAGE);
	s->item->events = list;
	for (int r = 0; r < ROUNDS; r++) {
		from = world_ns();
		for (int i = 0; i < PER; i++) {
			*e = said; /* as it came */
			decide_one(b, s, c);
		}
		took[r] = (world_ns() - from) / PER;
	}
	qsort(took, ROUNDS, sizeof(took[0]), by_value);
	(void)printf("a text of %zu: %.2f us (%.2f to %.2f)\n", said.text_len,
		     (double)took[ROUNDS / 2] / 1e3, (double)took[0] / 1e3,
		     (double)took[ROUNDS - 1] / 1e3);
	free(text);
	event_list_free(&list);
	return took[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	struct world *world = calloc(1, sizeof(*world));
	struct inbound_item item = {0};
	struct step s = {.item = &item, .person = 7};
	struct conversation c = {0};
	struct batch b = {0};
	struct policy *p;
	struct err err = {0};
	bool good;

	if (world == NULL || argc != 3 || sodium_init() < 0 ||
	    !name_set(&item.channel, argv[2], strlen(argv[2])))
		return 2;
	p = policy_read(argv[1]);
	world_make(world, false);
	world->channel.name = world->route.channel = item.channel;
	world->settings.channels_len = 1;
	world->w.policy = p;
	check(receive_open(&world->w, &world->w.receive, &err), &err);
	b = (struct batch){.w = &world->w, .now_ms = world->ms};
	b.clear = BUF_INIT(CONTENT_BYTES_MAX);
	b.normal = BUF_INIT(CONTENT_BYTES_MAX);
	make_person(world, &s, &c);
	good = measure(&b, &s, &c, sentence, 1) < LIMIT_NS;
	good = measure(&b, &s, &c, sentence, 10) < LIMIT_NS && good;
	good = measure(&b, &s, &c, letters, 57) < LIMIT_NS && good;
	good = measure(&b, &s, &c, numbers, 1) < LIMIT_NS && good;
	buf_free(&b.clear);
	buf_free(&b.normal);
	receive_close(&world->w.receive);
	world_unmake(world);
	policy_free(&p);
	free(world);
	(void)printf("%s\n", good ? "reached" : "NOT reached");
	return good ? 0 : 1;
}
