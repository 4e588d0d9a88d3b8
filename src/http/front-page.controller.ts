import { Controller, Get, HttpCode, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Access } from './access-policy.js';
import { API_DOCS_PATH } from './openapi.js';
import { IgnoresAccept } from './produced-types.js';

const NAME = 'Penguin Pool Streams';

/** Where to go from here, by name. */
const LINKS = {
  'Status of the services': '/api/uptime/status',
  'Uptime of the services': '/api/uptime/summary',
  'API documentation': `/${API_DOCS_PATH}`,
  'OpenAPI document': `/${API_DOCS_PATH}-json`,
  Health: '/health',
  Readiness: '/readyz',
} as const;

/** Relative, for a proxy that serves this service below a path of its own. */
const ITEMS = Object.entries(LINKS).map(([name, path]) => `<li><a href="${path.slice(1)}">${name}</a></li>`);
const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><text y=".9em" font-size="90">🐧</text></svg>',
  );
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${ICON}">
<title>${NAME}</title>
</head>
<body>
<h1>${NAME}</h1>
<ul>
${ITEMS.join('\n')}
</ul>
</body>
</html>
`;

/** What somebody finds who knows only the address of the service. */
@ApiExcludeController()
@Controller()
@Access({ kind: 'public' })
@IgnoresAccept()
export class FrontPageController {
  /** A page for browsers; the same as JSON for others. */
  @Get()
  page(@Req() request: Request, @Res({ passthrough: true }) response: Response): unknown {
    response.vary('Accept');
    if (request.accepts(['json', 'html']) !== 'html') return { name: NAME, links: LINKS };
    response.type('html');
    return PAGE;
  }

  /** Browsers ask for it by themselves, at any page without an icon of its own. */
  @Get('favicon.ico')
  @HttpCode(204)
  favicon(): void {
    return undefined;
  }
}
