// token.js FIRST END: prints tokens of the users from FIRST to before END, one a line.
import jwt from 'jsonwebtoken'

export const secret = 'a secret of this benchmark alone'

export const verify = (token) => jwt.verify(token, secret, { algorithms: ['HS256'] })

if (process.argv[1] === import.meta.filename)
  for (let user = Number(process.argv[2]); user < Number(process.argv[3]); user++)
    console.log(jwt.sign({ sub: `user-${user}`, role: 'admin' }, secret, { expiresIn: '1d' }))
