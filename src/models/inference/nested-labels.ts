/** The client wants a list of lists; servers that were given one text answer with a list. */
export function nestedLabels(transport: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await transport(input, init);
    if (!/^application\/json\b/i.test(response.headers.get("content-type") ?? "")) return response;
    const value: unknown = await response.json();
    const flat = Array.isArray(value) && value.length > 0 && !value.some((each) => Array.isArray(each));
    return Response.json(flat ? [value] : value, { status: response.status });
  };
}
