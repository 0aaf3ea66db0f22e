/* render.c - the papers that follow from the policy. */
#include "postern/render.h"

#include "postern/text.h"

#include "paper.h"

#define DIGEST_SHOWN 8 /* bytes: enough to tell two versions apart */

static const struct {
	const char *name;
	const char *title[2];
	void (*write)(const struct paper *w);
} papers[RENDERS] = {
    [RENDER_CONCEPT] = {"loeschkonzept",
			{"Löschkonzept", "Deletion concept"},
			paper_concept},
    [RENDER_RECORD] = {"verzeichnis",
		       {"Verzeichnis von Verarbeitungstätigkeiten",
			"Record of processing activities"},
		       paper_record},
    [RENDER_CHANNELS] = {"kanaele",
			 {"Was auf jedem Kanal geschieht",
			  "What happens on each channel"},
			 paper_channels},
    [RENDER_MEASURES] = {"massnahmen",
			 {"Technische und organisatorische Maßnahmen",
			  "Technical and organisational measures"},
			 paper_measures},
};

const char *render_name(enum render_what what)
{
	return papers[what].name;
}

bool render_parse(const char *text, enum render_what *ret)
{
	for (size_t i = 0; i < RENDERS; i++)
		if (strcmp(text, papers[i].name) == 0) {
			*ret = (enum render_what)i;
			return true;
		}
	return false;
}

/* Who, and from which version of which file. */
static void subtitle(const struct paper *w, struct prose *t)
{
	char digest[2 * DIGEST_SHOWN + 1];

	hex_encode(policy_digest(w->p), DIGEST_SHOWN, digest);
	prose_add(t,
		  PR(w, "%s · Regelwerk `%s`, Version %lld, Fingerabdruck `%s`",
		     "%s · policy `%s`, version %lld, digest `%s`"),
		  w->in->controller, policy_name(w->p)->text,
		  (long long)policy_version(w->p), digest);
}

int render_page(enum render_what what, enum render_format format,
		enum tongue tongue, const struct policy *policy,
		const struct render_instance *instance, struct buf *ret,
		struct err *err)
{
	struct page pg = {.t = {.out = ret, .tongue = tongue},
			  .format = format,
			  .piece = BUF_INIT(PAGE_PIECE_MAX)};
	struct buf line = BUF_INIT(4096);
	struct prose t = {.out = &line, .tongue = tongue};
	const struct paper w = {.pg = &pg, .p = policy, .in = instance};

	pg.say = (struct prose){.out = &pg.piece, .tongue = tongue};
	subtitle(&w, &t);
	prose_bytes(&t, "", 1);
	if (prose_end(&t, err) == 0) {
		page_begin(&pg, papers[what].title[tongue],
			   (const char *)line.bytes);
		papers[what].write(&w);
		page_end(&pg);
	}
	buf_free(&line);
	buf_free(&pg.piece);
	return t.failed ? -1 : prose_end(&pg.t, err);
}
