"""Words too general to be a topic by themselves: a keyword that consists of nothing else is none.

Found by reading the keywords of the whole library that stand in most subjects. Names of whole subjects stand here as
well: their articles are the subject.
"""

from __future__ import annotations

import re

_ADJECTIVE = re.compile(r"(?:al|ic|ive|ous|ary|ory|ble|ful|less|ed|ing)$")
GENERAL = frozenset(
    """
    combine innate reach
    ability abstract academic access accessibility accommodation accomplishment accountability accounting
    accuracy achievement acquisition act action actionable active activity actor actual adaptability adaptation
    additional adequate adherence adjustment adoption advance advanced advancement advantage advice advocacy
    affect aftermath age agreement aid aim alignment alternative ambiguity amount analysis analytical and answer
    anthropology appearance applicability application applied appreciation approach appropriate approval area
    argument arrangement art artistic arts aspect aspiration assertion assistance association assumption
    attitude attribute audience authenticity author authority autonomy availability avoidance awareness
    background balance barrier base based basic basics basis beginning behavior behavioral being belief benefit
    best better bias biological biology boundary brief broad broader building business calculation call
    capability capacity care careful case category causal cause center central certain certainty challenge
    challenging change character characteristic characteristics chemical chemistry choice circumstance
    clarification clarity class classical clear close cluster cognitive coherence cohesion collaboration
    collaborative collection color combination comfort comment commitment common communication community
    comparative comparison compatibility competence competition complete completeness complex complexities
    complexity complication component composition comprehension comprehensive concept conception conceptual
    concern conciseness conclusion condition conduct confidence configuration conflict connection cons
    consequence consideration consistency consistent constant constraint construction contact contemporary
    content context contextual continuity continuous contrast contribution contributions control convenience
    convention cooperation coordination core correct correctness cost course coverage creation creative
    credibility criterion critical criticism critique cultural culture current customization cycle daily danger
    data date debate decision define definition degree delivery demand dependence dependency depth description
    design desire desired detail detailed determination development device difference different difficulty
    digital dimension direct direction disadvantage discomfort discovery discussion disparity disruption
    distinction diverse diversity documentation domain drawback driver duration duty dynamic dynamics early ease
    easy economic economics education educational effect effective effectiveness efficacy efficiency efficient
    effort element emerging emotional empathy emphasis empirical empowerment encouragement end engagement
    engineering enhanced enhancement enjoyment environment environmental equality equity error essence essential
    establishment ethical evaluation event everyday evidence evolution exact example excellence exception
    exchange execution exercise existence expand expansion expectation experience experiment experimental
    expertise explanation exploitation exploration exposure expression extension extent external factor failure
    fairness fast feature feedback feeling field figure finance financial finding first fit flexibility flexible
    flow focus focused follow form formal format formation foundation foundational framework frequency
    fulfillment full function functional functionality fundamental further future gain gap gathering general
    generation genetic geography geometric goal good great group growth guidance guideline harmony help
    hierarchy high higher historical history human humanities idea ideal identification identity illustration
    image imaginative impact implementation implication implications importance important improved improvement
    incident inclusion inclusiveness inclusivity increase increased independence independent index indication
    indicator individual inequality influence information informed initial initiative innovation innovative
    input inquiry insight inspiration instance institution instruction instrument integration integrity
    intensity intent intention interaction interactive interdisciplinary interest internal interpretation
    intervention introduction investigation involvement isolate isolation issue item journey justice
    justification key kind knowledge labeling lack language large law layout learning legacy legal legitimacy
    length lesson level life limit limitation line linguistics link list literary literature local location
    logic logical long longevity loss low loyalty main maintenance major making management manipulation manner
    marketing material math mathematical mathematics meaning means measure measurement mechanism mediation
    medical medicine meeting member mental method methodology minor misconception mission mistake mixed mode
    model modeling modern modification moment monitoring moral motivation movement multiple mutual name
    narrative natural nature necessary necessity need negative negotiation network new norm notable note notion
    nuance number nursing object objective objectivity observation obstacle occurrence of offering ongoing
    online open operation operational opinion opportunity optimization option order organization organizational
    organized origin original originality outcome output outreach overall overview ownership part participant
    participation particular passion past patience pattern peace peer people perception performance period
    persistence person personal perspective phase phenomenon philosophical philosophy physical physics piece
    place plan planning plausibility point policy political popular popularity position positioning positive
    possibility possible potential power practical practice precise precision prediction preference preparation
    preparedness presence present presentation preservation pressure prevalence prevention primary principle
    priority privacy proactive problem procedure process processing produce product production productivity
    professional professionalism proficiency program progress progression project promotion proper property
    proportion proposal pros protection protocol psychological psychology public purpose qualitative quality
    quantitative quantity question randomness range rate rationale reaction readiness real realistic reality
    reason reasoning recognition recommendation record recovery reduced reduction redundancy reference
    reflection regular regulation rejection related relation relationship relevance relevant reliability
    reliable removal repetition report reporting representation reputation requirement research resilience
    resistance resolution resource respect response responsibility restriction result reusability reuse review
    rich right risk robustness role root rule safety sample satisfaction scalability scale scenario science
    scientific scope second section security selection self sense sensitivity separation sequence service set
    setting shape shared shift short significance significant similar similarity simple simplicity
    simplification simplified simplify simulation single situation size skill small smooth social societal
    society sociology solution solving source space special specific specification specificity speed spontaneity
    stability stage stakeholder standard standardization state statement statistical statistics status step
    storage strategic strategy strength strong structural structure structured student study style subject
    subjective success successful suggestion summary support supportive surface surveillance survival
    sustainability symbolic system systematic tactical task teaching team technical technique technological
    technology template tension term terminology test text theme theoretical theory therapeutic thinking thought
    threat time timeline timeliness tip tool topic total trade tradition traditional training trait
    transformation transition translation transmission transparency transport treatment trend trial trust truth
    type understandable understanding uniformity unique uniqueness unity universal universality unpredictability
    urgency usability use usefulness user utility utilization validation validity value variability variable
    variation variety various versatility victim view viewpoint visibility vision visual vital volume
    vulnerability way weakness well wisdom work world year
    """.split()  # noqa: SIM905 a word list, not a list of strings
)
# Say how something is, or what one does, and gather nothing by themselves; with another word they do: `rigid body`.
ALONE = frozenset(
    """
    absolute agile ancient benign big british built calculate civil clockwise coherent compact
    convergent corporate counterclockwise culturally deep deeper deliberate dependent discrete distinct divine
    dominant due emergent enhance euclidean evaluate express extracurricular false foreign free healthy
    humanitarian identify immediate immune implicit indirect inferior infinite irish least lifelong male middle
    modular molecular neutral noninvasive nonlinear odd offer opposite or organize other outdoor overwhelm
    perceiving philippine piecewise polar poor prior prioritize private proximate pure pythagorean random rapid
    recessive remote rigid safe same scholarly secure sift smart soft summarize superficial superior top true two
    ultimate uniform unknown urban want western westward who whole wicked worst
    """.split()  # noqa: SIM905 a word list, not a list of strings
)
# With one of these, what is about a thing is no thing: `challenges in healthcare`, `benefits of exercise` stay.
JOINING = frozenset({"like"}) | frozenset(
    {"and", "of", "in", "for", "to", "on", "with", "by", "as", "at", "from", "the", "a", "vs"}
)
# Made of general words, and things of their own.
THINGS = frozenset(
    " ".join(thing.split())
    for thing in """
    active learning; visual aids; art history; art movement; artistic expression; behavioral economics;
    biological evolution;
    biological psychology; biological system; case law; case study; chaos theory; chemical process; chemical
    property; chemical reaction; chemical structure; classical condition; cognitive ability; cognitive
    development; cognitive function; cognitive process; cognitive psychology; color theory; common law;
    community building; computer science; conflict resolution; construct validity; consumer behavior; control
    group; control system; cost benefit analysis; critical theory; critical thinking; cultural anthropology;
    cultural diversity; cultural evolution; cultural identity; culture shock; data analysis; data collection;
    data model; data privacy; data science; data security; data structure; decision making; digital art; digital
    media; digital security; digital technology; economic development; economic growth; economic inequality;
    economic policy; economic theory; educational psychology; educational technology; emotional development;
    emotional intelligence; emotional regulation; emotional support; environmental law; environmental policy;
    environmental science; equal protection; error analysis; expected value; experimental design; experimental
    group; experimental psychology; external validity; field theory; financial education; financial planning;
    first language; game theory; gender role; general relativity; genetic diversity; genetic factor; genetic
    information; genetic material; genetic testing; genetic variation; group dynamics; group theory; growth
    rate; higher education; history of art; history of education; history of mathematics; history of science;
    human behavior; human development; human nature; human resource; human rights; identity formation;
    independent variable; information processing; information security; information system; information
    technology; information theory; internal validity; international trade; language acquisition; language and
    culture; language and identity; language change; language development; language learning; language
    processing; law and order; legal system; life expectancy; life history; life science; literary analysis;
    literary criticism; literary technique; literary theory; machine learning; mathematical language;
    mathematical model; mathematical modeling; mathematical proof; mathematical reasoning; mathematics
    education; meaning of life; mechanism of action; medical education; medical research; mental health; mental
    model; mental representation; modern art; modern history; moral development; moral philosophy; moral
    reasoning; moral responsibility; natural language; natural language processing; natural law; natural
    resource; natural science; natural selection; network security; network structure; null result; number line;
    number sense; number system; number theory; object permanence; object relation; open source; opportunity
    cost; organizational behavior; organizational culture; organizational structure; peer learning; peer review;
    peer support; personal identity; philosophy of education; philosophy of language; philosophy of mind;
    philosophy of science; physical chemistry; physical education; physical science; place value; political
    philosophy; political power; political science; political system; political theory; power dynamics; power
    structure; problem solving; project management; psychological testing; psychological theory; public
    administration; public good; public health; public law; public opinion; public policy; public relation;
    public space; quality control; quality of life; random variable; rate law; rate of reaction; reaction rate;
    risk assessment; risk management; role theory; rule of law; sample size; science education; scientific
    method; second language; second language acquisition; second law of motion; self awareness; self concept;
    self regulation; set theory; social behavior; social change; social class; social group; social identity;
    social identity theory; social influence; social justice; social learning; social learning theory; social
    media; social mobility; social norm; social psychology; social science; social structure; social theory;
    social work; sociology of education; special education; standard deviation; standard form; standard model;
    state law; state of nature; statistical analysis; statistical significance; structure of protein; theory of
    mind; time management; time series; time series analysis; total cost; trade policy; type i error; type ii
    error; type system; user experience; user experience design; value system; variable cost; visual art; visual
    culture; work life balance; world history
    """.split(";")  # noqa: SIM905 a word list, not a list of strings
)


def is_general(name: str) -> bool:
    """Whether `name` (learn.topics.names) consists of words that say too little to gather questions under."""
    return name in ALONE or (
        name not in THINGS
        and all(
            word in GENERAL or word in JOINING or word.isdigit() or len(word) == 1 for word in name.split()
        )
    )


def core(name: str) -> str:
    """`name` without general words at its end, and without a beginning such as `complexity of`.

    Empty where no thing is left, or what may be an adjective.
    """
    if name in THINGS:
        return name
    words = name.split()
    while words and (words[-1] in GENERAL or words[-1] in JOINING):
        words.pop()
    # Not a general word alone: cognitive load is no load.
    while len(words) > 1 and words[0] in GENERAL and words[1] in JOINING:
        del words[:2]
    is_thing = words and words[0] not in GENERAL and not (len(words) == 1 and _ADJECTIVE.search(words[0]))
    return " ".join(words) if is_thing else ""
