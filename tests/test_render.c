/* test_render.c - the papers that follow from the policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "postern/holidays.h"
#include "postern/render.h"
#include "settings/templates.h"

#include "policy_everything.h"

static struct render_channel channels[2];

static struct render_instance instance(void)
{
	channels[0] = (struct render_channel){.name = named("laden"),
					      .helpdesk = named("desk"),
					      .type = "double",
					      .role = "processor",
					      .contract = "DPA 2026",
					      .mechanism = "DPF",
					      .review = "2027-03-01"};
	channels[1] = (struct render_channel){.name = named("praxis"),
					      .helpdesk = named("praxis"),
					      .type = "double",
					      .role = "joint",
					      .contract = "",
					      .mechanism = "SCC",
					      .review = ""};
	return (struct render_instance){.controller = "Muster GmbH",
					.contact = "Musterweg 1",
					.dpo = "dpo@muster.example",
					.land = "BY",
					.channels = channels,
					.channels_len = 2};
}

static char *paper_of(const struct policy *p, const struct render_instance *in,
		      enum render_what what, enum render_format format,
		      enum tongue tongue)
{
	struct buf b = BUF_INIT(4u << 20);
	struct err err = {0};
	char *ret;

	assert_int_equal(render_page(what, format, tongue, p, in, &b, &err), 0);
	assert_null(memchr(b.bytes, '\0', b.len));
	ret = strdup(buf_text(&b));
	assert_non_null(ret);
	buf_free(&b);
	return ret;
}

static char *paper(enum render_what what, enum render_format format,
		   enum tongue tongue)
{
	const struct render_instance in = instance();
	struct policy *p = everything();
	char *ret = paper_of(p, &in, what, format, tongue);

	policy_free(&p);
	return ret;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, strstr(text, part));
}

static void papers_have_names(void **state)
{
	enum render_what what;

	(void)state;
	for (int i = 0; i < RENDERS; i++) {
		assert_true(
		    render_parse(render_name((enum render_what)i), &what));
		assert_int_equal(what, i);
	}
	assert_false(render_parse("konzept", &what));
}

static void the_concept_has_classes_catalogue_and_how(void **state)
{
	char *md = paper(RENDER_CONCEPT, RENDER_MARKDOWN, TONGUE_DE);
	char *en = paper(RENDER_CONCEPT, RENDER_HTML, TONGUE_EN);

	(void)state;
	has(md, "# Löschkonzept");
	has(md, "| Regellöschfrist | Erhebung | Ende des Vorgangs | Ende der "
		"Beziehung |");
	has(md, "| 3 Tage | `RAW` | – | – |");
	has(md, "| 90 Tage | – | `MEDIA`<br/>`MSG_SUPPORT` | – |");
	has(md, "| 6 Jahre vom Jahresende an | `MSG_BUSINESS` | – | – |");
	has(md, "### `MSG_SUPPORT`");
	has(md, "| Vorhaltefrist | 30 Tage |");
	has(md, "| Begründung | Rückfragen binnen drei Monaten |");
	has(md, "| Begründung | **!** nicht angegeben |");
	has(md, "| Eingeschränkt | 90 Tage ab Ende des Vorgangs");
	has(md, "## 5 Umsetzungsvorgaben");
	has(md, "`MSG_BUSINESS` fehlt: Beschreibung (`description`)");
	lacks(md, "`MSG_SUPPORT` fehlt");
	has(en, "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">");
	has(en, "<td data-label=\"Standard period\">14 days</td>");
	has(en, "<td class=\"gap\">not stated</td>");
	has(en, "period for existing data waits: 7 days");
	free(md);
	free(en);
}

static void the_record_has_an_activity_for_each_purpose(void **state)
{
	char *md = paper(RENDER_RECORD, RENDER_MARKDOWN, TONGUE_EN);

	(void)state;
	has(md, "| Joint controllers | provider of the channel `praxis`");
	has(md, "| Authority | Bayerisches Landesamt");
	has(md, "### `newsletter`");
	has(md, "legitimate interest, Art. 6(1)(f) GDPR: eigene ähnliche");
	has(md, "| Categories of subjects | Kundinnen und Kunden |");
	has(md, "USA, channel `laden`: adequacy decision EU-US");
	has(md, "(special categories, Art. 9 GDPR): 14 days");
	free(md);
}

static void the_channels_have_every_block_of_a_notice(void **state)
{
	static const char *const blocks[] = {
	    "Controller",
	    "Contact",
	    "Data protection officer",
	    "Purposes and legal bases",
	    "Legitimate interests",
	    "Recipients",
	    "Transfer to third countries",
	    "Storage periods",
	    "Your rights",
	    "Withdrawal of consent",
	    "Complaint to the authority",
	    "Obligation to provide",
	    "Automated decisions",
	    "Source of the data",
	};
	char *en = paper(RENDER_CHANNELS, RENDER_HTML, TONGUE_EN);
	char *de = paper(RENDER_CHANNELS, RENDER_HTML, TONGUE_DE);
	char head[64];

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const char *first;

		(void)snprintf(head, sizeof(head), "<h4>%s</h4>", blocks[i]);
		first = strstr(en, head);
		assert_non_null(first);
		assert_non_null(strstr(first + 1, head)); /* both channels */
	}
	has(en, "<p>Our service desk &amp; nobody &lt;else&gt;.</p>");
	has(en, "May we send you news? Answer YES.");
	has(en, "ec769a8bb45b0d947d129d12a190eadc5c063f311bef444ddd743994aab9b"
		"ab1");
	has(en, "consent to the purpose <code>gesundheit</code> is asked for");
	/* The German notice has no blocks: they follow from the settings. */
	lacks(de, "Our service desk");
	has(de, "Helpdesk <code>desk</code>");
	has(de, "Bayerisches Landesamt für Datenschutzaufsicht, "
		"www.lda.bayern.de");
	free(en);
	free(de);
}

static void a_promise_nobody_keeps_is_told_as_planned(void **state)
{
	char *md = paper(RENDER_MEASURES, RENDER_MARKDOWN, TONGUE_DE);

	(void)state;
	has(md, "| M60.S07 M60.S08 M60.S09 M60.P06 |");
	has(md, "Aufdecken eines Alias (vorgesehen, in dieser Fassung noch "
		"nicht).");
	lacks(md, "| vorgesehen, in dieser Fassung noch nicht |");
	has(md, "| in Betrieb |");
	has(md, "6 Datenarten mit je genau einer Löschregel.");
	has(md, "dl-de/by-2-0");
	free(md);
}

static void what_the_settings_do_not_say_is_a_gap(void **state)
{
	struct policy *p = everything();
	struct render_instance in = instance();
	char *text;

	(void)state;
	in.channels_len = 1; /* praxis is gone */
	in.contact = in.dpo = in.land = "";
	text = paper_of(p, &in, RENDER_CHANNELS, RENDER_HTML, TONGUE_EN);
	has(text, "<td class=\"gap\">not in the settings</td>");
	has(text, "<p class=\"gap\">The settings name no contact.</p>");
	has(text, "<p class=\"gap\">The settings name no safeguard.</p>");
	has(text, "<p>Nobody is named.</p>");
	has(text, "You may complain to a data protection authority");
	free(text);
	policy_free(&p);
}

/* Whatever stands in the two files stays text. */
static void nothing_that_is_written_becomes_markup(void **state)
{
	static const char evil[] =
	    "<script>alert(1)</script> & \"x\" | `a|<b>` *b* _c_ [d](e) \x01"
	    "\xef\xbf\xbf ` ~";
	char *text = everything_with(
	    "Sie sind abgemeldet.",
	    "# a\\n1. b\\n- c\\n    d\\n<img src=x>\\n`e` | \\x07");
	struct policy *p = everything_parse(text);
	struct render_instance in = instance();

	(void)state;
	in.controller = in.contact = evil;
	for (int what = 0; what < RENDERS; what++) {
		char *html = paper_of(p, &in, (enum render_what)what,
				      RENDER_HTML, TONGUE_DE);
		char *md = paper_of(p, &in, (enum render_what)what,
				    RENDER_MARKDOWN, TONGUE_DE);

		lacks(html, "<script");
		lacks(html, "<img");
		lacks(html, "\x01");
		lacks(html, "\x07");
		lacks(html, "\xef\xbf\xbf");
		has(html, "&lt;script&gt;alert(1)");
		has(html, "<code>a|&lt;b&gt;</code>");
		lacks(md, "<script");
		lacks(md, "\n# a");
		has(md, "`a\\|<b>`");
		has(md, "\\*b\\* \\_c\\_ \\[d\\](e)");
		free(html);
		free(md);
	}
	free(text);
	text = paper_of(p, &in, RENDER_CHANNELS, RENDER_MARKDOWN, TONGUE_DE);
	has(text, "> \\# a  \n> &#8203;1. b  \n> \\- c  \n> d  \n"
		  "> &lt;img src=x&gt;  \n");
	free(text);
	policy_free(&p);
}

/* Found by fuzz_papers: lines of a cell are items of a list, and a backtick in
 * one began code that ended in the next. */
static void a_backtick_in_a_text_does_not_leave_its_line(void **state)
{
	char *text = everything_with("Texte der", "Texte` der");
	struct policy *p = everything_parse(text);
	const struct render_instance in = instance();
	char *html = paper_of(p, &in, RENDER_CONCEPT, RENDER_HTML, TONGUE_DE);

	(void)state;
	has(html, "Texte` der Kundschaft");
	for (const char *at = strstr(html, "<code>"); at != NULL;
	     at = strstr(at + 1, "<code>")) {
		const char *item = strstr(at, "<li>");

		if (item != NULL)
			assert_true(strstr(at, "</code>") < item);
	}
	free(html);
	html = paper_of(p, &in, RENDER_RECORD, RENDER_HTML, TONGUE_DE);
	has(html, "<ul class=\"lines\"><li><code>MSG_<wbr/>SUPPORT</code>, "
		  "Texte` der Kundschaft");
	has(html, "</li><li><code>MSG_<wbr/>BUSINESS</code>");
	free(html);
	free(text);
	policy_free(&p);
}

static void every_template_renders_and_twice_the_same(void **state)
{
	size_t len;
	const struct template_policy *all = template_all(&len);
	const struct render_instance in = instance();

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct policy *p = everything_parse(all[i].bytes);

		for (int n = 0; n < RENDERS * 4; n++) {
			enum render_what what = (enum render_what)(n / 4);
			enum render_format format = (enum render_format)(n & 1);
			enum tongue tongue = (enum tongue)(n / 2 & 1);
			char *a = paper_of(p, &in, what, format, tongue);
			char *b = paper_of(p, &in, what, format, tongue);

			assert_true(strlen(a) > 1000);
			assert_string_equal(a, b);
			lacks(a, "(null)");
			free(a);
			free(b);
		}
		policy_free(&p);
	}
}

static void each_land_has_its_authority(void **state)
{
	struct policy *p = everything();
	struct render_instance in = instance();
	char *before = NULL;

	(void)state;
	for (int land = 0; land < LANDS; land++) {
		char *text, *at;

		in.land = land_code((enum land)land);
		text =
		    paper_of(p, &in, RENDER_RECORD, RENDER_MARKDOWN, TONGUE_DE);
		at = strstr(text, "| Aufsichtsbehörde | ");
		assert_non_null(at);
		*strchr(at, '\n') = '\0';
		lacks(at, "**!**");
		assert_true(!before || strcmp(at, before) != 0);
		free(before);
		before = strdup(at);
		free(text);
	}
	free(before);
	policy_free(&p);
}

static void a_full_buffer_is_told(void **state)
{
	const struct render_instance in = instance();
	struct policy *p = everything();

	(void)state;
	for (size_t cap = 0; cap < 20000; cap += 700) {
		struct buf b = BUF_INIT(cap);
		struct err err = {0};

		if (render_page(RENDER_CONCEPT, RENDER_HTML, TONGUE_DE, p, &in,
				&b, &err) != 0)
			assert_int_equal(err.kind, ERR_INPUT);
		else
			assert_true(cap > 10000);
		buf_free(&b);
	}
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(papers_have_names),
	    cmocka_unit_test(the_concept_has_classes_catalogue_and_how),
	    cmocka_unit_test(the_record_has_an_activity_for_each_purpose),
	    cmocka_unit_test(the_channels_have_every_block_of_a_notice),
	    cmocka_unit_test(a_promise_nobody_keeps_is_told_as_planned),
	    cmocka_unit_test(what_the_settings_do_not_say_is_a_gap),
	    cmocka_unit_test(nothing_that_is_written_becomes_markup),
	    cmocka_unit_test(a_backtick_in_a_text_does_not_leave_its_line),
	    cmocka_unit_test(every_template_renders_and_twice_the_same),
	    cmocka_unit_test(each_land_has_its_authority),
	    cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
