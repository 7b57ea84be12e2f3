"""Converts the data of genai-prices into src/llm/prices/prices.json; see scripts/prices, which runs this.

The package is read, not run. No price comes out lower than it is: of hours of the day and of what is announced the dearest is taken, of
tiers by length the dearest and the first with its end, amounts below a millionth of a dollar a million tokens are rounded up, and a model whose price has another unit
(a request, a character), is nothing or is only half known stands there without one. What this does not know stops it.
"""

import ast
import datetime
import json
import re._parser as regex
import sys
import zipfile
from decimal import ROUND_CEILING, Decimal
from itertools import product

# The patterns of addresses, as hosts, in which `*` is a word without dots, and beginnings of paths. Plain ones need no line.
ADDRESSES = {
    r"https://bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com(/|$)": (["bedrock-runtime.*.amazonaws.com"], []),
    r"(https?://)?([^.]*\.)?(?:openai\.azure\.com|azure-api\.net|cognitiveservices\.azure\.com|services\.ai\.azure\.com)": (
        ["*.azure-api.net", "*.cognitiveservices.azure.com", "*.openai.azure.com", "*.services.ai.azure.com"],
        [],
    ),
    r"https://api\.cloudflare\.com/client/v4/accounts/[^/]+/ai(?:/|$)": (["api.cloudflare.com"], []),
    r"https://api\.cohere\.(?:ai|com)": (["api.cohere.ai", "api.cohere.com"], []),
    r"https://[^/]+\.(?:cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)/(?:serving-endpoints|ai-gateway)(?:/|$)": (
        ["*.*.azuredatabricks.net", "*.*.gcp.databricks.com", "*.azuredatabricks.net", "*.cloud.databricks.com", "*.gcp.databricks.com"],
        ["/ai-gateway", "/serving-endpoints"],
    ),
    r"https://api\.(?:(?:us|eu\.residency|in\.residency|sg\.residency)\.)?elevenlabs\.io(?:/|$)": (["api.elevenlabs.io"], []),
    r"https://(.*\.)?googleapis\.com": (["*.googleapis.com"], []),
    r"https://api\.minimax(i)?\.(?:com|io)": (["api.minimax.com", "api.minimax.io", "api.minimaxi.com", "api.minimaxi.io"], []),
    r"https://[^/]+\.modal\.(?:run|direct)(?:/|$)": (["*.*.modal.direct", "*.modal.direct", "*.modal.run"], []),
    r"https://api\.moonshot\.": (["api.moonshot.ai", "api.moonshot.cn"], []),
    r"https://(api\.)?openrouter\.ai": (["api.openrouter.ai", "openrouter.ai"], []),
}

# Of the prices of a token of the same kind the dearest counts: a report does not tell them apart.
INPUT = ["input_mtok", "input_image_mtok"]
CACHED = ["cache_read_mtok", "cache_image_read_mtok"]
OUTPUT = ["output_mtok", "output_reasoning_mtok", "output_citation_mtok", "output_image_mtok"]
WRITTEN = ["cache_write_mtok"]
# Not to be told in tokens: such a model has no price.
OTHER_UNITS = ["requests_kcount", "input_text_messages_kcount", "input_mchars"]
# Of what askwell neither sends nor asks for.
UNUSED = [
    "audio_hours", "cache_audio_read_mtok", "cache_write_1h_mtok", "input_annotated_document_kpages", "input_audio_hours",
    "input_audio_mtok", "input_document_kpages", "input_video_mtok", "output_audio_mtok", "output_video_mtok", "storage_searches_kcount",
    "web_searches_kcount",
]  # fmt: skip

# A name that is not one of speech.
NO_SPEECH = "^(?!.*-[tT][tT][sS](?:$|-))"


class Made:
    """What a call in the data would have made."""

    def __init__(self, kind, values):
        self.kind = kind
        self.values = values

    def __getattr__(self, name):
        return self.values.get(name)


def read(node):
    """Reads an expression of the data without running it."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [read(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {read(key): read(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Attribute) and ast.unparse(node) in ("datetime.UTC", "datetime.timezone.utc"):
        return datetime.timezone.utc
    if isinstance(node, ast.Call):
        kind = ast.unparse(node.func)
        positional = [read(argument) for argument in node.args]
        named = {keyword.arg: read(keyword.value) for keyword in node.keywords}
        if kind == "Decimal":
            return Decimal(*positional)
        if kind in ("datetime.date", "datetime.time"):
            return getattr(datetime, kind.removeprefix("datetime."))(*positional, **named)
        if not positional:
            return Made(kind, named)
    sys.exit(f"The data has an expression that is not known: {ast.unparse(node)[:200]}")


# ---- which server


def address(pattern):
    """Returns the hosts and beginnings of paths that a pattern stands for."""
    if pattern in ADDRESSES:
        return ADDRESSES[pattern]
    plain = pattern.removeprefix("https://").removesuffix("(?:/|$)").replace("\\.", ".")
    if any(sign in plain for sign in "()[]*?|^$\\+"):
        sys.exit(f"The pattern of an address is not known: {pattern}")
    host, slash, path = plain.partition("/")
    return [host], [slash + path] if slash else []


# ---- which model


def spelled(tokens):
    """Returns every text that the tokens of a pattern stand for, with `#` for a digit."""
    parts = []
    for kind, value in tokens:
        kind = str(kind)
        if kind == "LITERAL":
            parts.append([chr(value)])
        elif kind == "IN" and str(value[0][0]) == "CATEGORY" and str(value[0][1]) == "CATEGORY_DIGIT":
            parts.append(["#"])
        elif kind == "IN" and all(str(one) == "LITERAL" for one, _ in value):
            parts.append([chr(code) for _, code in value])
        elif kind == "MAX_REPEAT" and value[1] <= 8:
            least, most, repeated = value
            one = spelled(repeated)
            parts.append(["".join(chosen) for times in range(least, most + 1) for chosen in product(one, repeat=times)])
        elif kind == "SUBPATTERN":
            parts.append(spelled(value[3]))
        else:
            sys.exit(f"A pattern of a model's name has a part that is not known: {kind} {value}")
    return ["".join(chosen) for chosen in product(*parts)]


def of_regex(pattern):
    """Returns the rules that a pattern of names stands for."""
    if pattern == NO_SPEECH:
        return [{"none": ["$-tts", "*-tts-"]}]
    tokens = list(regex.parse(pattern))
    if str(tokens[0]) != "(AT, AT_BEGINNING)":
        sys.exit(f"A pattern of a model's name begins anywhere: {pattern}")
    ends = str(tokens[-1]) == "(AT, AT_END)"
    sign = "#" if ends else "~"
    return [sign + text for text in spelled(tokens[1:-1] if ends else tokens[1:])]


def rules(clause):
    """Returns a clause as a list of rules one of which must hold."""
    signs = {"equals": "=", "starts_with": "^", "ends_with": "$", "contains": "*"}
    if clause.kind == "ClauseOr":
        return [rule for part in clause.or_ for rule in rules(part)]
    if clause.kind == "ClauseAnd":
        return [{"all": [rules(part) for part in clause.and_]}]
    if clause.kind == "ClauseRegex":
        return [rule if isinstance(rule, dict) else rule.lower() for rule in of_regex(clause.regex)]
    ((kind, text),) = clause.values.items()
    if not text.isascii() or not text:
        sys.exit(f"A rule for names is not plain: {text}")
    return [signs[kind] + text.lower()]


# ---- how much


def dearest(prices, keys, tiers_too):
    """Returns the highest of some prices, in millionths of a dollar a million tokens; `None` where there is none."""
    amounts = []
    for key in keys:
        price = prices.values.get(key)
        if isinstance(price, Made):
            amounts += [price.base, *(tier.price for tier in price.tiers if tiers_too)]
        elif price is not None:
            amounts.append(price)
    return max((int((amount * 10**6).to_integral_value(ROUND_CEILING)) for amount in amounts), default=None)


def of_one(prices, tiers_too):
    """Returns what input, cached input, output and written input cost; `None` where that is not known in tokens."""
    known = {*INPUT, *CACHED, *OUTPUT, *WRITTEN, *OTHER_UNITS, *UNUSED}
    if unknown := prices.values.keys() - known:
        sys.exit(f"The data has a price that is not known: {unknown}")
    read_in, cached, output, written = (dearest(prices, keys, tiers_too) for keys in (INPUT, CACHED, OUTPUT, WRITTEN))
    if not read_in or not output or any(prices.values.get(key) for key in OTHER_UNITS):
        return None
    return read_in, cached or read_in, output, max(read_in, written or 0)


def in_force(prices, as_of):
    """Returns those prices of a model of which the dearest is taken: the one of the day, those of hours, and those to come."""
    if isinstance(prices, Made):
        return [prices]
    of_day, others = prices[0], []
    for priced in prices:
        constraint = priced.constraint
        if constraint is None or constraint.start_date and constraint.start_date <= as_of:
            of_day = priced
        else:
            others.append(priced)
    return [priced.prices for priced in [of_day, *others]]


def short(prices):
    """Returns up to how many tokens of input the first tier goes; `None` where there are no tiers."""
    tiered = [price for price in prices.values.values() if isinstance(price, Made)]
    return min((tier.start for price in tiered for tier in price.tiers), default=None)


def row(model, as_of):
    """Returns a model as `[rules, cost]`, or `[rules, cost, tokens, cost up to so many tokens of input]` where that is lower.

    A cost is `[input, cached input, output, input that is written into a cache]`, the last only where it is dearer.
    """
    which = sorted(rules(model.match), key=json.dumps)
    all_prices = in_force(model.prices, as_of)
    costs = []
    for tiers_too in (True, False):
        each = [of_one(prices, tiers_too) for prices in all_prices]
        if None in each:
            return [which]
        read_in, cached, output, written = (max(amounts) for amounts in zip(*each))
        costs.append([read_in, cached, output, *([written] if written > read_in else [])])
    dear, cheap = costs
    ends = [end for end in map(short, all_prices) if end is not None]
    return [which, dear] if dear == cheap else [which, dear, min(ends), cheap]


def compact(value):
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def main():
    wheel, version, as_of, folder = sys.argv[1:]
    with zipfile.ZipFile(wheel) as package:
        data = ast.parse(package.read("genai_prices/data.py").decode())
        notice = package.read(f"genai_prices-{version}.dist-info/licenses/LICENSE").decode()
    (providers,) = (read(line.value) for line in data.body if isinstance(line, ast.AnnAssign))
    lines = []
    for provider in sorted(providers, key=lambda provider: provider.id):
        hosts, paths = address(provider.api_pattern)
        head = compact({"fallbacks": provider.fallback_model_providers or [], "hosts": hosts, "id": provider.id, "paths": paths})
        # Their order stays: the first one that matches is the model.
        models = ",\n".join(compact(row(model, datetime.date.fromisoformat(as_of))) for model in provider.models)
        lines.append(f'{head[:-1]},"models":[\n{models}]}}')
    text = f'{{"source":"genai-prices {version}","as_of":"{as_of}","providers":[\n' + ",\n".join(lines) + "]}\n"
    json.loads(text)
    with open(f"{folder}/prices.json", "w", encoding="ascii", newline="\n") as file:
        file.write(text)
    with open(f"{folder}/LICENSE-genai-prices", "w", encoding="utf-8", newline="\n") as file:
        file.write(f"prices.json is derived from genai-prices {version}, which is under this licence:\n\n{notice}")


main()
