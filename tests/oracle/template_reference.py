"""jinja2 as Hugging Face transformers sets it up for chat templates."""
import copy
import datetime
import functools
import json
import warnings

import jinja2
import jinja2.ext
import jinja2.sandbox

warnings.simplefilter("ignore")  # of Python about what a template says
NOW = datetime.datetime(2026, 1, 31, 12, 34, 56)


class Refused(jinja2.exceptions.TemplateError):
    """The template itself refuses the messages."""


class Generation(jinja2.ext.Extension):
    """{% generation %} marks what the assistant wrote and changes nothing."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_support")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _support(self, caller):
        return caller()


def raise_exception(message):
    raise Refused(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)


def environment(kind):
    env = kind(trim_blocks=True, lstrip_blocks=True,
               extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda text: NOW.strftime(text)
    return env


ENVIRONMENT = environment(jinja2.sandbox.ImmutableSandboxedEnvironment)
# Three methods that change their object are known to ingle: some published templates call them.
MUTABLE = environment(jinja2.sandbox.SandboxedEnvironment)
MUTABLE.filters["from_json"] = json.loads


def open_arguments(messages):
    """Arguments that are JSON text reach the template as the object in it, as hosts do it."""
    messages = copy.deepcopy(messages)
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else []:
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
                continue
            try:
                arguments = json.loads(function["arguments"])
            except ValueError:
                continue
            if isinstance(arguments, dict):
                function["arguments"] = arguments
    return messages


@functools.lru_cache(maxsize=4)
def compiled(source, env):
    return env.from_string(source)


def render(case, env=ENVIRONMENT):
    """{"text"} or {"error", "refused", "kind"}."""
    try:
        template = compiled(case["source"], env)
        text = template.render(
            messages=open_arguments(case.get("messages", [])), tools=case.get("tools"),
            documents=case.get("documents"),
            **{"add_generation_prompt": case.get("add_generation_prompt", False),
               **case.get("vars", {})})
        text.encode("utf-8")
        return {"text": text}
    except Refused as error:
        return {"error": str(error), "refused": True, "kind": "Refused"}
    except (Exception, RecursionError) as error:  # pylint: disable=broad-except
        return {"error": str(error), "refused": False, "kind": type(error).__name__}
